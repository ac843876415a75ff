CREATE TABLE sales (
  day   DATE NOT NULL,
  shop  VARCHAR NOT NULL,
  price DOUBLE NOT NULL CHECK (price > 0),
  sold  INTEGER NOT NULL CHECK (sold >= 0),
  PRIMARY KEY (day, shop)
) WITH (on_violation = quarantine);

CREATE TRAINING SET sold_examples WITH (label = sold) AS SELECT shop, price, sold FROM sales;
CREATE MODEL demand WITH (method = 'ridge') AS SELECT * FROM sold_examples;

INSERT INTO sales
  SELECT DATE '2026-01-01' + CAST(i // 2 AS INTEGER), ['north', 'south'][1 + i % 2],
         2 + i % 5, 90 - 10 * (i % 5) - 20 * (i % 2)
  FROM generate_series(0, 199) AS numbers (i);
INSERT INTO sales VALUES ('2026-05-01', 'south', 3, 60), ('2026-05-01', 'north', -3, 80);  -- a price below 0

SELECT shop, price, round(prediction, 1) AS will_sell
FROM PREDICT(demand, (SELECT 'north' AS shop, 4.5 AS price UNION ALL SELECT 'south', 4.5));
SELECT "row", constraint_name, reason FROM everview.quarantine;
