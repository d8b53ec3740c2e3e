DROP TABLE installation;
DROP TABLE signing_keys;
