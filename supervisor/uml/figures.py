"""A figure of make bench from its samples."""
import statistics


def figure(values, unit, **configured):
    digits = 3 if unit == "s" else 1
    return {"value": round(statistics.median(values), digits), "unit": unit, "configured": configured,
            "n": len(values), "min": round(min(values), digits), "max": round(max(values), digits)}
