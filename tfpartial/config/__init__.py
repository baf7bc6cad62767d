"""What every stage can be told: one frozen dataclass per stage.

The command builds its options from these classes, and a YAML file has one section per stage, named after its verb.
An unknown key is an error. Lengths are voxels unless the name says mm.
"""

from tfpartial.config.augmentation import AugmentConfig, IntensityConfig, RandomRange
from tfpartial.config.common import Activation, Method, Metric, Precision, Rule, StageEntry
from tfpartial.config.data_prep import (
    CoverageConfig,
    FingerprintConfig,
    InfoConfig,
    IngestConfig,
    PhantomConfig,
    PlanConfig,
    PrepareConfig,
    SimulateConfig,
    SourceConfig,
    SplitConfig,
    WriteConfig,
)
from tfpartial.config.evaluation import (
    AuditConfig,
    CompareConfig,
    ExportConfig,
    OverlayConfig,
    PredictConfig,
    ReportConfig,
    ScoreConfig,
    VerifyConfig,
)
from tfpartial.config.experiment import CURRICULUM, CurriculumConfig, PickConfig, RunConfig, SweepConfig
from tfpartial.config.inspection import InspectConfig
from tfpartial.config.priors import AlignConfig, PriorConfig, PriorUseConfig, SearchConfig
from tfpartial.config.relabeling import (
    AcceptConfig,
    Among,
    ConfidenceConfig,
    Estimator,
    EstimatorConfig,
    RankConfig,
    RelabelConfig,
)
from tfpartial.config.training import LossConfig, NetworkConfig, OptimizerConfig, TrainConfig, TrainerConfig

__all__ = [
    "CURRICULUM",
    "AcceptConfig",
    "Activation",
    "AlignConfig",
    "Among",
    "AuditConfig",
    "AugmentConfig",
    "CompareConfig",
    "ConfidenceConfig",
    "CoverageConfig",
    "CurriculumConfig",
    "Estimator",
    "EstimatorConfig",
    "ExportConfig",
    "FingerprintConfig",
    "InfoConfig",
    "IngestConfig",
    "InspectConfig",
    "IntensityConfig",
    "LossConfig",
    "Method",
    "Metric",
    "NetworkConfig",
    "OptimizerConfig",
    "OverlayConfig",
    "PhantomConfig",
    "PickConfig",
    "PlanConfig",
    "Precision",
    "PredictConfig",
    "PrepareConfig",
    "PriorConfig",
    "PriorUseConfig",
    "RandomRange",
    "RankConfig",
    "RelabelConfig",
    "ReportConfig",
    "Rule",
    "RunConfig",
    "ScoreConfig",
    "SearchConfig",
    "SimulateConfig",
    "SourceConfig",
    "SplitConfig",
    "StageEntry",
    "SweepConfig",
    "TrainConfig",
    "TrainerConfig",
    "VerifyConfig",
    "WriteConfig",
]
