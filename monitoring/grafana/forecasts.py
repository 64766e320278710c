"""Models: how good the forecasts are, beside not trying."""

from configs.settings import Settings
from monitoring.grafana.panels import Board, Kind, Mark, Panel, Query, Row, query

_HORIZON = "{{horizon}} ahead"
_HORIZONS: tuple[int, ...] = Settings.model_fields["forecast_horizons"].default
_SOON = 1
"""Its first outcomes come within minutes of a start."""


def _beside_the_baselines(horizon: int) -> Panel:
    ahead = "one window" if horizon == 1 else f"{horizon} windows"
    return Panel(
        f"MAE beside the baselines, {ahead} ahead",
        "The model, and forecasts that need no model. The lowest line is the best.",
        (
            Query(f'max(ml_mae{{horizon="{horizon}"}})', "model"),
            Query(f'ml_baseline_mae{{horizon="{horizon}"}}', "{{baseline}}"),
        ),
        "short",
        least=0,
        decimals=2,
        until_then="" if horizon == _SOON else "no outcomes yet",
    )


def _event(kind: str) -> str:
    return f'1000 * ml_model_event_timestamp_seconds{{kind="{kind}"}}'


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
                    query("max by (horizon) (ml_mae)", _HORIZON),
                    "short",
                    least=0,
                    decimals=2,
                ),
                Panel(
                    "RMSE",
                    "Recent root mean square error: large misses weigh more.",
                    query("max by (horizon) (ml_rmse)", _HORIZON),
                    "short",
                    least=0,
                    decimals=2,
                ),
                Panel(
                    "R²",
                    "Recent share of the outcomes' variance that is explained. Undefined while nothing varies.",
                    query("max by (horizon) (ml_r2)", _HORIZON),
                    "percentunit",
                    most=1,
                    decimals=2,
                    until_then="nothing varies yet",
                ),
                *map(_beside_the_baselines, _HORIZONS),
                Panel(
                    "Skill",
                    "1 - MAE / MAE of persistence (nothing changes). Above 0 the model is worth its effort.",
                    query("max by (horizon) (ml_skill)", _HORIZON),
                    "percentunit",
                    width=24,
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
                    query("max by (horizon) (ml_interval_coverage)", _HORIZON),
                    "percentunit",
                    least=0,
                    most=1,
                    warn=0.75,
                    bad=0.65,
                ),
                Panel(
                    "Width",
                    "Recent mean width of the intervals, points of TrendScore: the same coverage with less is better.",
                    query("max by (horizon) (ml_interval_width)", _HORIZON),
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
            "Champion, challenger and drift",
            (
                Panel(
                    "Champion and challenger",
                    "MAE one window ahead. The challenger learns in the champion's shadow and takes its place when it "
                    "is better by a paired test.",
                    (
                        Query('max(ml_mae{horizon="1"})', "champion"),
                        Query('ml_challenger_mae{horizon="1"}', "challenger"),
                    ),
                    "short",
                    least=0,
                    decimals=2,
                ),
                Panel(
                    "Versions",
                    "Which version of the model has which role now.",
                    query("ml_model_info == 1", "{{role}}: {{version}}"),
                    "short",
                    Kind.BARS,
                    least=0,
                    most=1,
                ),
                Panel(
                    "Events of the model",
                    "Drifts of the error, contests, promotions and rollbacks, in six hours.",
                    query("sum by (kind) (increase(ml_model_events_total[6h]))", "{{kind}}"),
                    "short",
                    Kind.BARS,
                    least=0,
                    decimals=0,
                ),
                Panel(
                    "Drift of the data",
                    "Distance of recent windows from earlier ones, by column, in deviations; reports are in MLflow.",
                    query("trendscope_drift_score", "{{column}}"),
                    "short",
                    width=12,
                    least=0,
                    decimals=2,
                    until_then="not compared yet",
                ),
                Panel(
                    "Comparisons for drift",
                    "How they ended. Too little data is normal until there are windows of some hours.",
                    query("trendscope_drift_runs_total", "{{result}}"),
                    "short",
                    Kind.BARS,
                    width=12,
                    least=0,
                    decimals=0,
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
    marks=(
        Mark("Error grew: challenger reset", _event("drift"), "red"),
        Mark(
            "Data drift",
            "1000 * (trendscope_drift_window_timestamp_seconds "
            "and on (job, instance) trendscope_drift_data_detected == 1)",
            "orange",
        ),
        Mark("Challenger promoted", _event("promotion"), "green"),
        Mark("Rolled back", _event("rollback"), "blue"),
    ),
)
"""For whoever asks whether the forecasts are worth anything."""
