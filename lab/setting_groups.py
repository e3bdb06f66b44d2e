"""The groups in which forms and help texts list the settings: what one changes daily first, then the rest by subject.

A name means the same in every recipe, so one table serves all. A setting that it does not name is one that only its recipe has.
"""

from collections.abc import Iterable

MAIN = "Main"
OWN = "Of this recipe"

GROUPS: dict[str, tuple[str, ...]] = {
    MAIN: (
        "data", "points", "kind", "surface", "game", "games", "source", "world", "maze", "columns", "network", "architecture", "model", "family", "cell", "method", "output", "task", "level", "order", "smoothing",
        "size", "width", "entries", "layers", "inputs", "targets", "hidden", "hidden_above", "hidden_units", "latent", "beta", "context", "attention", "neighbours",
        "envs", "batch_size", "optimizer", "learning_rate", "g_learning_rate", "d_learning_rate", "weights", "seed",
    ),
    "Data": (
        "count", "drawn", "csv", "test_share", "parts", "truth", "share",
        "frames", "scenes", "random_share", "player", "ground", "colours", "channels", "levels", "flip", "jitter", "validation", "folds", "fold", "labels", "left_out", "decisions", "pairs", "characters", "length",
        "tokens", "min_count", "max_length", "bits", "repeats", "growing_steps", "words", "subsample", "window", "taps", "unroll", "memory",
    ),
    "Augmentation": (
        "augment_shift", "augment_rotate", "augment_scale", "augment_warp", "augment_colour", "augment_flip", "augment_erase", "patch",
        "test_time_augmentation",
    ),
    "Game": (
        "world_steps", "clip_rewards", "life_loss_terminal", "sticky_actions", "crop", "frame_skip", "history", "noop_max", "fire_reset", "chase", "food_reward", "win_reward",
        "ghost_penalty", "longest", "random_starts",
    ),
    "Exploration": ("epsilon_start", "epsilon_end", "epsilon_steps", "noisy", "noisy_sigma"),
    "Returns": (
        "gamma", "n_step", "trace", "double", "munchausen", "munchausen_alpha", "munchausen_clip", "temperature",
        "quantiles", "atoms", "v_min", "v_max", "fractions", "acting_fractions",
    ),
    "Replay": (
        "replay", "replay_capacity", "learning_starts", "train_every", "target_interval", "prioritised", "priority_alpha",
        "priority_beta", "priority_beta_steps", "rollout_steps", "epochs", "minibatches",
    ),
    "Network": (
        "trunk", "trunk_width", "dueling", "spectral_norm", "features", "overview", "dilation", "phase", "recall", "d_features", "g_hidden", "d_hidden", "blocks", "patch_layers",
        "upsampling", "norm", "d_norm", "critic_norm", "batch_norm", "activation", "initialisation", "heads", "positions",
        "bidirectional", "direct", "pooling", "crf", "controller", "locations", "read_heads", "write_heads", "learned_state", "freeze", "style", "depth", "slope", "mapping_layers",
        "entry_width", "prior_features", "prior_layers", "prior_by_class",
    ),
    "Loss": (
        "loss", "change_weight", "kappa", "likelihood", "sigma", "beta_warmup", "sparsity", "d_steps", "r1", "r1_every", "gradient_penalty",
        "label_smoothing", "auxiliary_weight", "cycle_weight", "identity_weight", "style_weight", "l1_weight", "negatives",
        "teacher_forcing", "commitment", "alpha", "class_balance", "box_weight", "border_weight", "border_sigma",
    ),
    "Regularisation": (
        "dropout", "weight_decay", "l1", "l2", "noise", "mask", "mixing", "revive_below", "cycle_noise", "class_dropout", "prior_dropout", "pool", "patience",
    ),
    "Optimiser": (
        "equalised", "momentum", "beta1", "beta2", "adam_eps", "max_grad_norm", "begin_from", "learned", "ema", "codebook_ema", "codebook_steps", "schedule", "schedule_steps", "learning_rate_end",
        "learning_rate_steps", "warmup", "warmup_updates", "warmup_steps", "constant_steps", "decay_steps",
    ),
    OWN: (),
    "Evaluation": ("eval_episodes", "eval_epsilon", "eval_dreams", "validate_every", "quality_every", "beam", "length_alpha"),
    "Computation": ("precision", "unfused"),
}  # fmt: skip


def group_of(name: str) -> str:
    """The group of a setting."""
    return next((group for group, names in GROUPS.items() if name in names), OWN)


def grouped(names: Iterable[str]) -> dict[str, list[str]]:
    """Settings by group, both in the order of the table; groups without any are left out."""
    left = list(names)
    groups = {group: [name for name in named if name in left] for group, named in GROUPS.items()}
    groups[OWN] = [name for name in left if group_of(name) == OWN]
    return {group: members for group, members in groups.items() if members}
