DROP TABLE active_sketches;
