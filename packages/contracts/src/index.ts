export {
  ApiKeyList,
  ApiKeysQuery,
  ApiKeyView,
  CreateApiKey,
  MAX_KEY_DAYS,
  NewApiKey,
  RotateApiKey,
} from './api-key.ts';
export { MethodList, MethodView, PresetView, Readiness, SessionView, VersionView } from './api-views.ts';
export { Architecture, architectureFaults } from './architecture.ts';
export { AuditEntry, AuditPage, AuditQuery } from './audit.ts';
export {
  AUGMENTATION_PRESETS,
  AugmentationOp,
  AugmentationPolicy,
  type AugmentationPreset,
  BatchMixing,
} from './augmentation.ts';
export {
  ArtifactList,
  ArtifactView,
  CHUNK_BYTES,
  ChangeCheckpoint,
  CheckpointCheck,
  CheckpointList,
  CheckpointManifest,
  CheckpointView,
  KEEP_REASONS,
  KeepPreview,
  KeepQuery,
  type KeepReason,
  StorageUsage,
  TENSOR_DTYPES,
  type TensorDtype,
  TensorEntry,
} from './checkpoint.ts';
export { FromChild, MetricPoint, ToChild } from './child-message.ts';
export {
  DATASETS,
  DatasetConfig,
  type DatasetFacts,
  type DatasetFile,
  type DatasetName,
  datasetFaults,
  LoaderConfig,
} from './dataset.ts';
export { END_CODE_NAMES, END_CODES, type EndCode } from './end-code.ts';
export { CrucibleError, ERRORS, type ErrorCode, type Fault } from './errors.ts';
export { EventPage, EventsQuery, FeedEvent, ProgressHint, Topics } from './feed-event.ts';
export {
  ATTEMPT_STATES,
  AttemptList,
  AttemptView,
  ForkJob,
  JobView,
  Limits,
  MAX_JOBS_PER_BATCH,
  Need,
  OUTCOMES,
  type Outcome,
  PatchJob,
  Progress,
  Resources,
  SubmitBatch,
  SubmitJob,
  SubmittedBatch,
  Tags,
  TIERS,
  type Tier,
  WAITING_CODES,
  Waiting,
} from './job.ts';
export { JobPage, JobsQuery } from './job-list.ts';
export { type JobOrder, NEWEST_FIRST, parseJobSort } from './job-order.ts';
export type { CutJob, JobPart } from './job-part.ts';
export {
  isAtLeast,
  isTerminal,
  JOB_ACTIONS,
  JOB_STATES,
  JOB_TRANSITIONS,
  type JobAction,
  type JobState,
  LIVE_JOB_STATES,
  legalActions,
  STOP_INTENTS,
  type StopIntent,
  statesBefore,
  TERMINAL_JOB_STATES,
} from './job-state.ts';
export { Keep } from './keep.ts';
export {
  LatencyError,
  LatencyProtocol,
  LatencyTable,
  StageKinds,
  TimedNetwork,
  TimedUnit,
  Timing,
  UNIT_KINDS,
  type UnitKind,
  UnitShape,
} from './latency-table.ts';
export { LOG_LEVELS, type LogLevel, LogLine, LogPage, LogsQuery } from './log.ts';
export { type MeanInterval, meanInterval } from './mean-interval.ts';
export { mergeConfig } from './merge-config.ts';
export { ArtifactDescriptor, type MethodDescriptor, MetricDescriptor, type Preset } from './method.ts';
export { GenetSummary } from './methods/genet.ts';
export { GenetConfig } from './methods/genet-config.ts';
export {
  DISTILLATION_WARNINGS,
  KernelDistillationSummary,
  type LayerComparison,
} from './methods/kernel-distillation.ts';
export {
  KernelConfig,
  KernelDistillationConfig,
  LANDMARK_KINDS,
  type LandmarkKind,
  type LayerPair,
  type NystromTransfer,
  TeacherConfig,
  TransferConfig,
} from './methods/kernel-distillation-config.ts';
export { LabelSmoothingSummary } from './methods/label-smoothing.ts';
export { LabelSmoothingConfig } from './methods/label-smoothing-config.ts';
export { MultipassSgdSummary, type SgdCell, type SgdWarning } from './methods/multipass-sgd.ts';
export {
  MultipassSgdConfig,
  type NetProblem,
  SAMPLE_ORDERS,
  type SampleOrder,
  SGD_COMPARATORS,
  type SgdComparator,
  SgdProblem,
  STEP_SCHEDULES,
  type StepSchedule,
  type SyntheticProblem,
} from './methods/multipass-sgd-config.ts';
export {
  type FitFigures,
  type LinearRow,
  NOISE_WARNINGS,
  type NoisyCell,
  NoisyLabelsSummary,
} from './methods/noisy-labels.ts';
export { type LabelNoise, type LinearModel, NoiseRemedy, NoisyLabelsConfig } from './methods/noisy-labels-config.ts';
export { cutJob, isMethodId, METHOD_IDS, METHODS, type MethodId, resolveConfig } from './methods/registry.ts';
export { WeMixSummary } from './methods/wemix.ts';
export { WeMixConfig } from './methods/wemix-config.ts';
export { IslandSummary, ZenNasSummary } from './methods/zen-nas.ts';
export { type SpaceName, ZenNasConfig } from './methods/zen-nas-config.ts';
export { type IslandRound, SEARCH_FILE } from './methods/zen-nas-islands.ts';
export { PROXY_NAMES, type ProxyName } from './methods/zen-nas-score.ts';
export {
  ComparedCurve,
  CompareMetrics,
  Comparison,
  fromWire,
  MAX_COMPARED_POINTS,
  MAX_POINTS_PER_BATCH,
  MAX_SERIES_PER_JOB,
  MaskedBranch,
  MetricColumns,
  MetricReceipt,
  PointsQuery,
  PointsView,
  SeriesList,
  SeriesView,
  toWire,
  WireNumber,
} from './metric.ts';
export {
  CLUSTER_ROLE_NAMES,
  CLUSTER_ROLES,
  type ClusterRole,
  type Granted,
  grantedTo,
  PERMISSIONS,
  type Permission,
  Scopes,
  TEAM_ROLE_NAMES,
  TEAM_ROLES,
  type TeamRole,
} from './permission.ts';
export { Problem } from './problem.ts';
export { DEFAULT_POOL, DISPATCH_QUEUES, DispatchMessage, dispatchQueue } from './queue.ts';
export {
  QueueEntry,
  QueueQuery,
  QueueView,
  SchedulingPassList,
  SchedulingPassSummary,
  SchedulingPassView,
} from './queue-view.ts';
export { isReference, mapReferences, type PlacedReference, Reference, referencesIn } from './reference.ts';
export type { BlockedJob, HeldSlots, QueuedJob, Snapshot, TeamShare, WorkerSlots } from './scheduling-snapshot.ts';
export {
  type Block,
  firstOf,
  type GenetFamily,
  genetWidth,
  inChannels,
  isGenet,
  type LeafBlock,
  lastOf,
  outChannels,
  type SuperBlock,
} from './structure/block.ts';
export { assertBuildable, structureFaults, structureStringFaults, superBlocks } from './structure/check.ts';
export { parseStructure, StructureError } from './structure/parse.ts';
export { printStructure } from './structure/print.ts';
export { CreateTeam, MemberList, MemberView, PatchTeam, PutMember, TeamId, TeamList, TeamView } from './team.ts';
export {
  OptimizerConfig,
  ScheduleConfig,
  TRAINING_METRICS,
  type TrainingConfig,
  type TrainingDefaults,
  trainingConfig,
  trainingFaults,
} from './training.ts';
export { type SecondStage, switchEpochOf } from './two-stage.ts';
export { CreateUser, MeView, UserList, UserName, UserView } from './user.ts';
export { faultsOf, fits, resolve } from './validate.ts';
export {
  BEATS_PER_LEASE,
  EngineInfo,
  EngineReason,
  EngineRequest,
  LEASE_SECONDS,
  Slot,
  WORKER_HOLDS,
  type WorkerHold,
  WorkerList,
  WorkerView,
} from './worker.ts';
