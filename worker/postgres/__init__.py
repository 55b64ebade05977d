"""The database: every statement in a .sql file, every fault translated by its SQLSTATE."""
