DROP TABLE audience_keys;
