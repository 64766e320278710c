"""Models: how good the forecasts are, beside not trying."""

from monitoring.grafana.panels import Board, Kind, Panel, Query, Row, query

_HORIZON = "{{horizon}} ahead"

MODELS = Board(
    "trendscope-models",
    "TrendScope: Models",
    "Errors of the forecasts by horizon (in window lengths), beside the baselines; drift; versions.",
    (
        Row(
            "At a glance",
            (
                Panel(
                    "Predictions in all",
                    "Forecasts made since the forecaster's start, all horizons.",
                    query("sum(ml_predictions_total)"),
                    "short",
                    Kind.NUMBER,
                    width=6,
                    height=4,
                ),
                Panel(
                    "Predictions a minute",
                    "One for each film and horizon when a window closes.",
                    query("60 * sum(rate(ml_predictions_total[5m]))"),
                    "short",
                    Kind.NUMBER,
                    width=6,
                    height=4,
                    decimals=0,
                ),
                Panel(
                    "Prediction latency (p95)",
                    "One film's closed window: scoring what is due, learning, and new forecasts of all horizons.",
                    query("histogram_quantile(0.95, sum by (le) (rate(ml_prediction_seconds_bucket[5m])))"),
                    "s",
                    Kind.NUMBER,
                    width=6,
                    height=4,
                    warn=0.002,
                    bad=0.01,
                ),
                Panel(
                    "Age of the forecasts",
                    "Since the end of the newest window the forecaster has seen.",
                    query("time() - trendscope_ml_last_window_timestamp_seconds"),
                    "s",
                    Kind.NUMBER,
                    width=6,
                    height=4,
                    warn=300,
                    bad=1200,
                ),
            ),
        ),
        Row(
            "Errors",
            (
                Panel(
                    "MAE",
                    "Recent mean absolute error, points of TrendScore. It appears with the first outcomes.",
                    query("ml_mae", _HORIZON),
                    "short",
                    least=0,
                    decimals=2,
                ),
                Panel(
                    "RMSE",
                    "Recent root mean square error: large misses weigh more.",
                    query("ml_rmse", _HORIZON),
                    "short",
                    least=0,
                    decimals=2,
                ),
                Panel(
                    "R²",
                    "Recent share of the outcomes' variance that is explained. Undefined while nothing varies.",
                    query("ml_r2 or vector(0)", _HORIZON),
                    "percentunit",
                    most=1,
                    decimals=2,
                ),
                Panel(
                    "MAE beside the baselines",
                    "One window ahead: the model, and forecasts that need no model.",
                    (
                        Query('ml_mae{horizon="1"}', "model"),
                        Query('ml_baseline_mae{horizon="1"}', "{{baseline}}"),
                    ),
                    "short",
                    width=12,
                    least=0,
                    decimals=2,
                ),
                Panel(
                    "Skill",
                    "1 - MAE / MAE of persistence (nothing changes). Above 0 the model is worth its effort.",
                    query("ml_skill", _HORIZON),
                    "percentunit",
                    width=12,
                    most=1,
                    decimals=2,
                ),
            ),
        ),
        Row(
            "Intervals",
            (
                Panel(
                    "Coverage",
                    "Recent share of outcomes inside their interval; FORECAST_COVERAGE (80 %) is meant.",
                    query("ml_interval_coverage", _HORIZON),
                    "percentunit",
                    least=0,
                    most=1,
                    warn=0.75,
                    bad=0.65,
                ),
                Panel(
                    "Width",
                    "Recent mean width of the intervals, points of TrendScore: the same coverage with less is better.",
                    query("ml_interval_width", _HORIZON),
                    "short",
                    least=0,
                    decimals=1,
                ),
                Panel(
                    "Outcomes a minute",
                    "Forecasts whose target window has closed: what the errors above are counted on.",
                    query("60 * sum by (horizon) (rate(ml_outcomes_total[5m]))", _HORIZON),
                    "short",
                    least=0,
                ),
            ),
        ),
        Row(
            "The service",
            (
                Panel(
                    "Films remembered",
                    "Films with a state of their own in the model.",
                    query("trendscope_ml_films", "films"),
                    "short",
                    least=0,
                ),
                Panel(
                    "Age of the saved state",
                    "A restart reads trend_stream again from there.",
                    query("time() - trendscope_ml_snapshot_timestamp_seconds", "snapshot"),
                    "s",
                    least=0,
                    warn=600,
                    bad=1800,
                ),
                Panel(
                    "Waiting for MLflow",
                    "Figures and models that MLflow has not taken yet; what is given up is a gap in its curves alone.",
                    (
                        Query("trendscope_ml_mlflow_queue", "waiting"),
                        Query("increase(trendscope_ml_mlflow_dropped_total[1h])", "given up in an hour"),
                    ),
                    "short",
                    least=0,
                ),
            ),
        ),
    ),
)
"""For whoever asks whether the forecasts are worth anything."""
