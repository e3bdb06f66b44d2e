"""Published scores: random play, a human tester, and DQN, for scale beside an agent's own score.

Two tables are in use, with different humans. `NATURE`: the 49 games of Mnih et al. 2015, as their Extended Data Table 2 prints them;
random and human agree with Kaixhin/Atari's evaluator, all three columns with seungjaeryanlee/rldb, DQN's also with the published
column of xuance's Atari benchmark. `ATARI_57`: random and human of Wang et al. 2016, which later papers normalise by, as in
google-deepmind/dqn_zoo; its random column agrees with google-research/reincarnating_rl, except for Video Pinball, which has 0 there.
A score is compared with the human of `NATURE` where that has the game.
"""

NATURE: dict[str, tuple[float, float, float]] = {
    "alien": (227.8, 6875, 3069), "amidar": (5.8, 1676, 739.5), "assault": (222.4, 1496, 3359), "asterix": (210, 8503, 6012),
    "asteroids": (719.1, 13157, 1629), "atlantis": (12850, 29028, 85641), "bank_heist": (14.2, 734.4, 429.7),
    "battle_zone": (2360, 37800, 26300), "beam_rider": (363.9, 5775, 6846), "bowling": (23.1, 154.8, 42.4), "boxing": (0.1, 4.3, 71.8),
    "breakout": (1.7, 31.8, 401.2), "centipede": (2091, 11963, 8309), "chopper_command": (811, 9882, 6687),
    "crazy_climber": (10781, 35411, 114103), "demon_attack": (152.1, 3401, 9711), "double_dunk": (-18.6, -15.5, -18.1),
    "enduro": (0, 309.6, 301.8), "fishing_derby": (-91.7, 5.5, -0.8), "freeway": (0, 29.6, 30.3), "frostbite": (65.2, 4335, 328.3),
    "gopher": (257.6, 2321, 8520), "gravitar": (173, 2672, 306.7), "hero": (1027, 25763, 19950), "ice_hockey": (-11.2, 0.9, -1.6),
    "jamesbond": (29, 406.7, 576.7), "kangaroo": (52, 3035, 6740), "krull": (1598, 2395, 3805), "kung_fu_master": (258.5, 22736, 23270),
    "montezuma_revenge": (0, 4367, 0), "ms_pacman": (307.3, 15693, 2311), "name_this_game": (2292, 4076, 7257),
    "pong": (-20.7, 9.3, 18.9), "private_eye": (24.9, 69571, 1788), "qbert": (163.9, 13455, 10596), "riverraid": (1339, 13513, 8316),
    "road_runner": (11.5, 7845, 18257), "robotank": (2.2, 11.9, 51.6), "seaquest": (68.4, 20182, 5286),
    "space_invaders": (148, 1652, 1976), "star_gunner": (664, 10250, 57997), "tennis": (-23.8, -8.9, -2.5),
    "time_pilot": (3568, 5925, 5947), "tutankham": (11.4, 167.6, 186.7), "up_n_down": (533.4, 9082, 8456), "venture": (0, 1188, 380),
    "video_pinball": (16257, 17298, 42684), "wizard_of_wor": (563.5, 4757, 3393), "zaxxon": (32.5, 9173, 4977),
}  # fmt: skip
"""Game -> (random, human, DQN)."""

ATARI_57: dict[str, tuple[float, float]] = {
    "alien": (227.8, 7127.7), "amidar": (5.8, 1719.5), "assault": (222.4, 742), "asterix": (210, 8503.3), "asteroids": (719.1, 47388.7),
    "atlantis": (12850, 29028.1), "bank_heist": (14.2, 753.1), "battle_zone": (2360, 37187.5), "beam_rider": (363.9, 16926.5),
    "berzerk": (123.7, 2630.4), "bowling": (23.1, 160.7), "boxing": (0.1, 12.1), "breakout": (1.7, 30.5), "centipede": (2090.9, 12017),
    "chopper_command": (811, 7387.8), "crazy_climber": (10780.5, 35829.4), "defender": (2874.5, 18688.9), "demon_attack": (152.1, 1971),
    "double_dunk": (-18.6, -16.4), "enduro": (0, 860.5), "fishing_derby": (-91.7, -38.7), "freeway": (0, 29.6),
    "frostbite": (65.2, 4334.7), "gopher": (257.6, 2412.5), "gravitar": (173, 3351.4), "hero": (1027, 30826.4),
    "ice_hockey": (-11.2, 0.9), "jamesbond": (29, 302.8), "kangaroo": (52, 3035), "krull": (1598, 2665.5),
    "kung_fu_master": (258.5, 22736.3), "montezuma_revenge": (0, 4753.3), "ms_pacman": (307.3, 6951.6),
    "name_this_game": (2292.3, 8049), "phoenix": (761.4, 7242.6), "pitfall": (-229.4, 6463.7), "pong": (-20.7, 14.6),
    "private_eye": (24.9, 69571.3), "qbert": (163.9, 13455), "riverraid": (1338.5, 17118), "road_runner": (11.5, 7845),
    "robotank": (2.2, 11.9), "seaquest": (68.4, 42054.7), "skiing": (-17098.1, -4336.9), "solaris": (1236.3, 12326.7),
    "space_invaders": (148, 1668.7), "star_gunner": (664, 10250), "surround": (-10, 6.5), "tennis": (-23.8, -8.3),
    "time_pilot": (3568, 5229.2), "tutankham": (11.4, 167.6), "up_n_down": (533.4, 11693.2), "venture": (0, 1187.5),
    "video_pinball": (16256.9, 17667.9), "wizard_of_wor": (563.5, 4756.5), "yars_revenge": (3092.9, 54576.9), "zaxxon": (32.5, 9173.3),
}  # fmt: skip
"""Game -> (random, human)."""

ATARI_10 = (
    "amidar", "battle_zone", "bowling", "double_dunk", "frostbite", "kung_fu_master", "name_this_game", "phoenix", "qbert", "riverraid",
)  # fmt: skip
"""The ten games that tell most of all 57 (Aitchison et al. 2023)."""

GAME_SETS: dict[str, tuple[str, ...]] = {"atari-10": ATARI_10, "atari-49": tuple(NATURE), "atari-57": tuple(ATARI_57)}

HUMAN_LEVEL = 0.75
"""The human-normalised score that Mnih et al. 2015 call human level; DQN is at it on 29 of their 49 games, and at 1 or more on 23."""

SCORES: dict[str, tuple[float, float, float | None]] = {
    **NATURE,
    **{game: (random, human, None) for game, (random, human) in ATARI_57.items() if game not in NATURE},
}
"""Game -> (random, human, DQN 2015 or None)."""


def source(game: str) -> str:
    """Where a game's published scores are from; papers print others for some: 14.6 is also given for a human at Pong."""
    return "Mnih et al. 2015" if game in NATURE else "Wang et al. 2016"


def human_score(game: str) -> tuple[float | None, str | None]:
    """(the human score that is used here, its source); (None, None) for a game without published scores."""
    return (SCORES[game][1], source(game)) if game in SCORES else (None, None)


def in_words(game: str) -> str:
    """The published scores of a game in one line, for scale."""
    if game not in SCORES:
        return "no published scores"
    random, human, dqn = SCORES[game]
    return f"random {random:g}  ·  human {human:g}" + (f"  ·  DQN 2015 {dqn:g}" if dqn is not None else "") + f"  ({source(game)})"


def human_normalised(game: str, score: float) -> float | None:
    """(score - random) / (human - random); None for a game without published scores."""
    if game not in SCORES:
        return None
    random, human, _ = SCORES[game]
    return (score - random) / (human - random)
