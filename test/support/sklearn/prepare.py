"""The public data sets (INDEX.md beside them names their sources), as columns of float64 and a split by time."""
import csv
import gzip
import os
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np

ROOT = Path(os.environ.get("EVERVIEW_DATA", Path(__file__).resolve().parents[3].parent / "shared" / "data"))


def rows_of(path, delimiter=","):
    opener = gzip.open if path.endswith(".gz") else open
    with opener(ROOT / path, "rt", newline="") as file:
        yield from csv.DictReader(file, delimiter=delimiter)


def table(rows, text=()):
    """rows: (moment, values by name). Columns named in `text` stay text."""
    moments, values = zip(*rows)
    columns = {name: np.array([v[name] for v in values], dtype=None if name in text else float) for name in values[0]}
    return np.array(moments, dtype="datetime64[s]"), columns


def split_at(moments, columns, moment):
    """Training rows up to a moment, the hold-out after it."""
    return {"columns": columns, "train": moments <= np.datetime64(moment)}


def bike_sharing():
    rows = (
        (
            datetime.fromisoformat(r["dteday"]) + timedelta(hours=int(r["hr"])),
            {k: float(r[k]) for k in ("yr", "hr", "holiday", "workingday", "temp", "hum", "windspeed", "cnt")}
            | {"dry": float(int(r["weathersit"]) == 1), "busy": "yes" if int(r["cnt"]) > 200 else "no"},
        )
        for r in rows_of("bike_sharing/hour.csv.gz")
    )
    return split_at(*table(rows, ("busy",)), "2012-11-01")


def beijing_pm25():
    rows = (
        (
            datetime(int(r["year"]), int(r["month"]), int(r["day"]), int(r["hour"])),
            {k.lower(): float(r[k]) for k in ("DEWP", "TEMP", "PRES", "Iws", "Is", "Ir", "hour")}
            | {"pm25": float(r["pm2.5"]), "wind": r["cbwd"]},
        )
        for r in rows_of("beijing_pm25/pollution.csv.gz")
        if r["pm2.5"] not in ("NA", "0")
    )
    return split_at(*table(rows, ("wind",)), "2014-07-01")


def metro_traffic():
    def moment(r):
        return datetime.fromisoformat(r["date_time"])

    rows = (
        (
            moment(r),
            {k: float(r[k]) for k in ("temp", "rain_1h", "snow_1h", "clouds_all", "traffic_volume")}
            | {"hour": float(moment(r).hour), "weekend": float(moment(r).weekday() >= 5)}
            | {"rush": float(moment(r).hour in (7, 8, 15, 16, 17))},
        )
        for r in rows_of("metro_traffic/Metro_Interstate_Traffic_Volume.csv.gz")
        if float(r["temp"]) > 0 and float(r["rain_1h"]) < 1000
    )
    return split_at(*table(rows), "2018-06-01")


MONTHS = {m: i + 1 for i, m in enumerate("January February March April May June July August September October November December".split())}


def hotel_bookings():
    def booked(r):
        arrival = datetime(int(r["arrival_date_year"]), MONTHS[r["arrival_date_month"]], int(r["arrival_date_day_of_month"]))
        return arrival - timedelta(days=int(r["lead_time"]))

    counts = ("lead_time", "adults", "stays_in_week_nights", "previous_cancellations", "booking_changes")
    more = ("required_car_parking_spaces", "total_of_special_requests", "days_in_waiting_list", "adr")
    rows = (
        (
            booked(r),
            {k: float(r[k]) for k in (*counts, *more)}
            | {"transient": float(r["customer_type"] == "Transient"), "city": float(r["hotel"] == "City Hotel")}
            | {"online": float(r["market_segment"] == "Online TA"), "repeated": float(r["is_repeated_guest"])}
            | {"canceled": "yes" if r["is_canceled"] == "1" else "no"},
        )
        for r in rows_of("hotel_bookings/hotel_bookings.csv.gz")
        if 0 < float(r["adr"]) < 1000
    )
    return split_at(*table(rows, ("canceled",)), "2017-01-01")


def walmart_sales():
    week = {(r["Store"], r["Date"]): r for r in rows_of("walmart_sales/features.csv.gz")}
    stores = {r["Store"]: r for r in rows_of("walmart_sales/stores.csv")}

    def values(r):
        f = week[r["Store"], r["Date"]]
        return (
            {k.lower(): float(f[k]) for k in ("Temperature", "Fuel_Price", "CPI", "Unemployment")}
            | {"size": float(stores[r["Store"]]["Size"]), "holiday": float(r["IsHoliday"] == "TRUE")}
            | {"dept": float(r["Dept"]), "weekly_sales": float(r["Weekly_Sales"])}
        )

    rows = ((datetime.fromisoformat(r["Date"]), values(r)) for r in rows_of("walmart_sales/train.csv.gz") if int(r["Dept"]) <= 10)
    return split_at(*table(rows), "2012-08-01")


# January and February have one line that ends otherwise than the rest, which a strict reader refuses.
TAXI_MONTHS = ("2019-03", "2019-04", "2019-05")


def nyc_taxi():
    def hour(r):
        return datetime.fromisoformat(r["pickup_datetime"]).hour

    rows = (
        (
            datetime.fromisoformat(r["pickup_datetime"]),
            {k: float(r[k]) for k in ("passenger_count", "trip_distance", "tolls_amount", "fare_amount")}
            | {"hour": float(hour(r)), "night": float(hour(r) < 6), "card": float(r["payment_type"] == "1")}
            | {"second": float(r["vendor_id"] == "2"), "tipped": "yes" if float(r["tip_amount"]) > 0 else "no"},
        )
        for month in TAXI_MONTHS
        for r in rows_of(f"nyc_yellow_taxi_samples/yellow_tripdata_sample_{month}.csv.gz")
        if 0 < float(r["fare_amount"]) < 200 and 0 < float(r["trip_distance"]) < 100 and r["passenger_count"] != ""
        if "2019-03-01" <= r["pickup_datetime"] < "2019-06-01"
    )
    return split_at(*table(rows, ("tipped",)), "2019-05-15")


STARTS = {"2013B": datetime(2013, 2, 1), "2013J": datetime(2013, 10, 1), "2014B": datetime(2014, 2, 1), "2014J": datetime(2014, 10, 1)}


def oulad():
    rows = (
        (
            STARTS[r["code_presentation"]],
            {"attempts": float(r["num_of_prev_attempts"]), "credits": float(r["studied_credits"])}
            | {"disability": float(r["disability"] == "Y"), "male": float(r["gender"] == "M")}
            | {"young": float(r["age_band"] == "0-35"), "degree": float(r["highest_education"].startswith("HE"))}
            | {"deprivation": float(r["imd_band"][:-1].split("-")[0]), "result": r["final_result"]},
        )
        for r in rows_of("oulad/studentInfo.csv.gz")
        if r["imd_band"].endswith("%")
    )
    return split_at(*table(rows, ("result",)), "2014-06-01")


def cases(families, features, label):
    return [(family, list(features), label) for family in families]


REGRESSORS = ("ridge", "linear", "elastic_net", "huber")
CLASSIFIERS = ("logistic", "gaussian_nb", "lda", "qda")

BIKE = ("yr", "hr", "holiday", "workingday", "temp", "hum", "windspeed", "dry")
BEIJING = ("dewp", "temp", "pres", "iws", "is", "ir", "hour")
METRO = ("temp", "rain_1h", "snow_1h", "clouds_all", "hour", "weekend", "rush")
HOTEL_COUNTS = ("lead_time", "adults", "stays_in_week_nights", "previous_cancellations", "booking_changes")
HOTEL_FLAGS = ("transient", "city", "online", "repeated")
HOTEL = (*HOTEL_COUNTS, "total_of_special_requests", "days_in_waiting_list", "transient", "city", "online")
WALMART = ("temperature", "fuel_price", "cpi", "unemployment", "size", "holiday", "dept")
TAXI = ("passenger_count", "trip_distance", "tolls_amount", "hour", "night", "card", "second")
OULAD = ("attempts", "credits", "disability", "male", "young", "degree", "deprivation")

SETS = {
    "bike_sharing": (
        bike_sharing,
        cases((*REGRESSORS, "poisson", "gamma", "pca"), BIKE, "cnt") + cases(("logistic", "lda"), BIKE, "busy"),
    ),
    "beijing_pm25": (
        beijing_pm25,
        cases((*REGRESSORS, "poisson", "gamma", "pca"), BEIJING, "pm25") + cases(CLASSIFIERS, BEIJING[:4], "wind"),
    ),
    "metro_traffic": (metro_traffic, cases((*REGRESSORS, "poisson", "pca"), METRO, "traffic_volume")),
    "hotel_bookings": (
        hotel_bookings,
        cases((*REGRESSORS, "gamma"), HOTEL, "adr")
        + cases(("logistic", "gaussian_nb", "lda", "qda"), HOTEL, "canceled")
        + cases(("multinomial_nb",), HOTEL_COUNTS, "canceled")
        + cases(("bernoulli_nb",), HOTEL_FLAGS, "canceled"),
    ),
    "walmart_sales": (walmart_sales, cases((*REGRESSORS, "pca"), WALMART, "weekly_sales")),
    "nyc_taxi": (
        nyc_taxi,
        cases((*REGRESSORS, "gamma"), TAXI, "fare_amount") + cases(("logistic", "lda"), TAXI[:5] + TAXI[6:], "tipped"),
    ),
    "oulad": (
        oulad,
        cases(("logistic", "gaussian_nb", "lda"), OULAD, "result")
        + cases(("bernoulli_nb",), ("disability", "male", "young", "degree"), "result")
        + cases(("multinomial_nb",), ("attempts", "credits"), "result"),
    ),
}
