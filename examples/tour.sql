DESCRIBE sales;  SHOW STALENESS;  EXPLAIN REFRESH demand;  REFRESH demand FULL;
SELECT count(*) FROM sold_examples WITH (max_rows = 100);
EXPLAIN SELECT count(*) FROM sold_examples;
SELECT count(*) FROM sales AT (VERSION => 1);
SELECT name, kind, reason, rows, predicted_ms, actual_ms FROM everview.refreshes;
CORRECT QUARANTINE FOR sales SET price = -price WHERE price < 0;
CREATE OR REPLACE MODEL demand WITH (method = 'ridge', l2 = 0, max_staleness = INTERVAL '1 day') AS SELECT * FROM sold_examples;
ALTER MODEL demand SET (max_staleness = INTERVAL '6 hours');
DROP TABLE sales CASCADE;
