"""Trackers: curves, tables and figures of a run in W&B, CSV or TensorBoard; the run's own files are the record.

Points of curves, one a region, where the study has them:

- `region/validation_accuracy` of the mixture, `region/train_flops`
- `trajectory/train_flops`, `trajectory/trained_cells`, `trajectory/seconds` so far, for deciding;
  `trajectory/entropy` of the search distribution; `trajectory/mode_accuracy`, `trajectory/best_accuracy` of the
  search's mode and of the region's top path
- `correlation/spearman`, `correlation/kendall`, `correlation/ceiling`, `correlation/regret` of the ranks with the truth
- `baselines/NAME`, `readouts/NAME`: Spearman correlations of counts that cost nothing and of each read-out
- `stage_weights/STAGE/CANDIDATE`: final softmax(α)

W&B also has the tables `truth_REGION` and `top_paths`, the report's pictures, and the scalars of
`fade.report.summarise` as its summary; CSV and TensorBoard have those under `final/`.
"""

from fade.tracking.base import Tracker
from fade.tracking.config import TRACKERS, TrackingConfig, register_tracker

__all__ = ["TRACKERS", "Tracker", "TrackingConfig", "register_tracker"]
