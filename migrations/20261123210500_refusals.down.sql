DROP TABLE refusals;
DROP TABLE refusal_counts;
