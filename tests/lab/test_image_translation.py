"""CycleGAN and pix2pix: exact resume, the learning rate, the style, views, own pictures, settings that do not fit."""

import base64
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from lab import checkpoint, registry
from lab.errors import LabError, UsageError
from lab.recipes.generative.cyclegan import CycleGAN
from lab.recipes.generative.cyclegan_config import CycleGAN256Config, CycleGANConfig
from lab.recipes.generative.image_translation import cut, picture_pixels, verdict_map
from lab.recipes.generative.pix2pix import Pix2Pix
from lab.recipes.generative.pix2pix_config import Pix2Pix256Config, Pix2PixConfig
from lab.recipes.generative.pixels import signed_images
from lab.schedules import constant_then_linear
from lab.snapshot import Snapshot
from models.generative.patchgan import PatchGAN

CPU = torch.device("cpu")
SMALL: dict[str, Any] = {
    "size": 16, "batch_size": 4, "features": 4, "d_features": 4, "patch_layers": 1, "constant_steps": 4, "decay_steps": 20, "precision": "fp32",
}  # fmt: skip


def cyclegan(shards: int = 1, **fields: Any) -> CycleGAN:
    run = CycleGAN(CycleGANConfig.parse({**SMALL, "blocks": 1, "pool": 6, **fields}), CPU)
    run.split(shards)
    return run


def pix2pix(**fields: Any) -> Pix2Pix:
    return Pix2Pix(Pix2PixConfig.parse({**SMALL, **fields}), CPU)


def advance(experiment: Any, steps: int) -> Any:
    for _ in range(steps):
        experiment.step()
    return experiment


def test_a_run_in_two_shards_resumes_exactly(tmp_path: Path) -> None:
    straight, resumed = (cyclegan(shards=2, cycle_noise=0.3, precision="bf16") for _ in range(2))
    advance(straight, 6)  # Past the fall of the learning rate, and past the pool's first swaps.
    resumed.restore(checkpoint.read(checkpoint.write(tmp_path, 6, straight.state(), {})))
    assert torch.equal(advance(straight, 4).g.weights, advance(resumed, 4).g.weights)


@pytest.fixture(scope="module")
def straight(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, torch.Tensor]:
    """A checkpoint after 6 steps, and the weights after 4 more."""
    run = advance(cyclegan(), 6)
    path = checkpoint.write(tmp_path_factory.mktemp("checkpoint"), 6, run.state(), {})
    return path, advance(run, 4).g.weights


@pytest.mark.parametrize("left_out", ["pools", "g_adam", "d_adam", "shuffles", "generators", "counters"])
def test_what_a_resume_leaves_out_shows(left_out: str, straight: tuple[Path, torch.Tensor]) -> None:
    path, weights = straight
    resumed = cyclegan()
    resumed.restore({**checkpoint.read(path), left_out: resumed.state()[left_out]})
    advance(resumed, 4)
    assert not torch.equal(weights, resumed.g.weights)


def test_two_runs_side_by_side_change_nothing_in_each_other() -> None:
    alone = advance(cyclegan(), 3)
    one, other = cyclegan(), pix2pix(dropout=0.5, size=32)
    for _ in range(3):
        torch.manual_seed(1)
        one.step()
        other.step()
    assert torch.equal(alone.g.weights, one.g.weights)


# -- a batch in shards -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [4, 5])
def test_shards_of_a_batch_give_the_gradients_of_the_whole(size: int) -> None:
    """Of generators and discriminators alike, and the same terms; 5 images make shards of 3 and 2."""
    whole, halves = (cyclegan(shards=count, batch_size=size, cycle_noise=0.1) for count in (1, 2))
    of_whole, of_halves = whole.step(), halves.step()
    torch.testing.assert_close(halves.g.gradient, whole.g.gradient, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(halves.d.gradient, whole.d.gradient, rtol=1e-5, atol=1e-5)
    assert halves.g.gradient.abs().max() > 1e-2
    for name, value in of_whole.items():
        assert float(of_halves[name]) == pytest.approx(float(value), rel=1e-5, abs=1e-6), name
    for one, other in zip(whole.pools, halves.pools, strict=True):
        torch.testing.assert_close(one.images[: one.count], other.images[: other.count], rtol=0, atol=1e-5)


# -- the learning rate -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("step", "constant", "decay", "share"),
    [(0, 100, 100, 1.0), (99, 100, 100, 1.0), (100, 100, 100, 1.0), (150, 100, 100, 0.5), (199, 100, 100, 0.01), (200, 100, 100, 0.0),
     (10**6, 100, 100, 0.0), (0, 0, 10, 1.0), (5, 0, 10, 0.5), (10**6, 100, 0, 1.0)],
)  # fmt: skip
def test_the_learning_rate_at_its_corners(step: int, constant: int, decay: int, share: float) -> None:
    assert constant_then_linear(step, constant, decay) == pytest.approx(share)


def test_at_rate_zero_nothing_changes() -> None:
    run = advance(cyclegan(constant_steps=1, decay_steps=1), 2)
    before = run.g.weights.clone()
    advance(run, 1)
    assert torch.equal(before, run.g.weights)


# -- training ----------------------------------------------------------------------------------------------------------


def test_the_cycle_closes_within_a_few_steps() -> None:
    run = cyclegan(learning_rate=2e-3, constant_steps=100, features=8)
    first = float(run.step()["losses/cycle_a"])
    advance(run, 40)
    assert float(run.step()["losses/cycle_a"]) < 0.5 * first


def test_pix2pix_comes_closer_to_the_true_pictures() -> None:
    run = pix2pix(learning_rate=2e-3, constant_steps=100, features=8)
    before = float(run.step()["losses/l1"])
    advance(run, 40)
    assert float(run.step()["losses/l1"]) < 0.5 * before


def test_the_generators_step_leaves_the_discriminators_alone_and_gets_its_gradient_through_them() -> None:
    run = cyclegan(cycle_weight=0, identity_weight=0, style=0)
    a, b = run.batch()
    d, g = run.d.weights.clone(), run.g.weights.clone()
    run.g_step(a, b)
    assert torch.equal(d, run.d.weights)
    assert not torch.equal(g, run.g.weights)
    assert all(p.requires_grad for p in run.d.compute.parameters())


def test_noise_on_the_way_back_leaves_the_translation_as_it_is() -> None:
    silent, noisy = cyclegan(), cyclegan(cycle_noise=0.5)
    silent_terms, noisy_terms = (run.g_step(*run.batch()) for run in (silent, noisy))
    for name in silent_terms:
        assert torch.equal(silent_terms[name], noisy_terms[name]) == (not name.startswith("cycle")), name


def test_the_weights_of_the_terms_are_those_of_the_paper() -> None:
    weights = {name: weight for name, (weight, _) in CycleGAN(CycleGANConfig.parse({**SMALL, "blocks": 1}), CPU).weights().items()}
    assert (weights["cycle_a"], weights["cycle_b"], weights["identity_a"], weights["identity_b"]) == (10, 10, 5, 5)
    assert weights["adversarial_ab"] == weights["adversarial_ba"] == 1


def test_the_published_presets() -> None:
    c = CycleGAN256Config()
    assert (c.features, c.blocks, c.batch_size, c.learning_rate, c.beta1, c.pool, c.loss, c.style) == (64, 9, 1, 2e-4, 0.5, 50, "lsgan", 0)
    assert (c.cycle_weight, c.identity_weight, c.cycle_noise) == (10, 0.5, 0)
    p = Pix2Pix256Config()
    assert (p.size, p.features, p.l1_weight, p.norm, p.dropout) == (256, 64, 100, "batch", 0.5)
    assert {"cyclegan", "cyclegan-256", "pix2pix", "pix2pix-256"} <= set(registry.recipes())


def test_images_of_a_pair_are_flipped_and_cut_alike() -> None:
    run = pix2pix(task="colour", flip=True, jitter=4)
    a, b = run.batch()
    torch.testing.assert_close(a, b)  # Digits are grey: what is given equals what is wanted.
    assert a.shape[2:] == (16, 16)


def test_a_cut_begins_where_it_is_told() -> None:
    images = torch.arange(2 * 1 * 5 * 5).view(2, 1, 5, 5)
    cuts = cut(images, torch.tensor([[1, 0], [2, 1]]), 3)
    assert torch.equal(cuts[0, 0], images[0, 0, 1:4, 2:5])
    assert torch.equal(cuts[1, 0], images[1, 0, 0:3, 1:4])


# -- views -------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def trained() -> CycleGAN:
    return advance(cyclegan(), 3)


def ask(run: Any, name: str, **parameters: Any) -> Any:
    with Snapshot(run.serving()).read() as net:
        return run.answer(name, net, run.views()[name].checked(parameters))


def test_what_is_drawn_over_a_target_is_given_as_a_hole() -> None:
    run = advance(pix2pix(task="holes"), 1)
    size = run.config.size
    mask = np.zeros((size, size), np.uint8)
    mask[2, 3] = 255
    answer = ask(run, "fill", index=1, holes=base64.b64encode(mask.tobytes()).decode())
    given, _, target = answer.pixels.astype(int)
    assert (np.delete(given.reshape(-1, 3), 2 * size + 3, 0) == np.delete(target.reshape(-1, 3), 2 * size + 3, 0)).all()
    assert given[2, 3].tolist() == [128] * 3
    with pytest.raises(UsageError, match=f"--holes must be base64 of {size} x {size} bytes"):
        ask(run, "fill", holes="AAAA")


def test_every_live_view_answers_from_a_snapshot(trained: CycleGAN) -> None:
    for run in (trained, advance(pix2pix(), 2)):
        for name, spec in run.views().items():
            answer = ask(run, name)
            assert answer.arrays(), name
            assert answer.picture().dtype == np.uint8
            assert spec.about.endswith(".")


def test_triptychs_show_the_original_its_translation_and_the_way_back(trained: CycleGAN) -> None:
    pixels = ask(trained, "triptychs", n=3, direction="ba").pixels
    assert pixels.shape == (9, 16, 16, 3)
    assert np.array_equal(pixels[:3], trained.held_out("b", 3).images.permute(0, 2, 3, 1).numpy())


def test_a_picture_of_ones_own_is_translated_like_the_same_held_out_image(trained: CycleGAN, tmp_path: Path) -> None:
    image = trained.held_out("a", 1, 4).images[0].permute(1, 2, 0).contiguous().numpy()
    by_index = ask(trained, "translate", index=4).pixels
    by_pixels = ask(trained, "translate", pixels=base64.b64encode(image.tobytes()).decode()).pixels
    Image.fromarray(image).save(tmp_path / "mine.png")
    by_file = ask(trained, "translate", file=str(tmp_path / "mine.png")).pixels
    assert np.array_equal(by_index, by_pixels)
    assert np.array_equal(by_index, by_file)


def test_a_frame_of_any_size_becomes_pixels_of_the_view(trained: CycleGAN) -> None:
    frame = np.full((210, 160, 3), (10, 20, 30), np.uint8)
    shown = ask(trained, "translate", pixels=picture_pixels(frame, 16)).pixels
    assert np.array_equal(shown[0], np.full((16, 16, 3), (10, 20, 30), np.uint8))


def test_styles_draw_one_picture_in_many_ways(trained: CycleGAN) -> None:
    row = ask(trained, "styles", n=3, images=1).pixels
    assert len(row) == 8  # Above, whose styles they are; left, what is drawn in them.
    held = trained.held_out("b").images.permute(0, 2, 3, 1).numpy()
    assert all((held == picture).all((1, 2, 3)).any() for picture in row[1:4])
    given, other = (ask(trained, "translate", index=0, style=style).pixels[1] for style in ("0,0,0,0,0,0,0,0", "image:3"))
    assert not np.array_equal(given, other)


def test_a_style_is_that_of_the_picture_that_the_seed_draws(trained: CycleGAN) -> None:
    numbers = ask(trained, "style", seed=7).values
    by_numbers, by_seed, other = (
        ask(trained, "translate", index=0, **{"style": "", **how}).pixels[1]
        for how in ({"style": ",".join(f"{value:.9g}" for value in numbers)}, {"seed": 7}, {"seed": 8})
    )
    assert np.array_equal(by_numbers, by_seed)
    assert not np.array_equal(by_seed, other)


@pytest.mark.parametrize(
    ("view", "parameters", "words"),
    [
        ("translate", {"index": 10_000}, "--index must be from 0 to"),
        ("translate", {"pixels": "AAAA"}, "16 x 16 x 3 bytes"),
        ("translate", {"pixels": "%"}, "base64"),
        ("translate", {"style": "1,2"}, "8 numbers"),
        ("translate", {"style": "image:-1"}, "numbered from 0"),
        ("translate", {"style": "nan,0,0,0,0,0,0,0"}, "8 numbers"),
        ("triptychs", {"start": 10_000}, "--start"),
        ("triptychs", {"direction": "up"}, "--direction"),
    ],
)
def test_a_wrong_parameter_gets_a_sentence(trained: CycleGAN, view: str, parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        ask(trained, view, **parameters)


def test_a_file_that_is_no_picture_gets_a_sentence(trained: CycleGAN, tmp_path: Path) -> None:
    (tmp_path / "x.png").write_text("no picture")
    with pytest.raises(LabError, match="is not an image that can be read"):
        ask(trained, "translate", file=str(tmp_path / "x.png"))


def test_the_pool_shows_what_it_holds(trained: CycleGAN) -> None:
    assert len(ask(trained, "pool", domain="a").pixels) == 6


def test_the_table_of_losses_has_each_term_with_its_weight(trained: CycleGAN) -> None:
    rows = {row[0]: row for row in ask(trained, "losses").rows}
    assert rows["cycle_a"][3] == 10
    assert rows["cycle_a"][4] == pytest.approx(10 * rows["cycle_a"][2], abs=1e-4)
    assert set(rows) == set(trained.weights())


def test_a_verdict_lies_where_the_patch_lies() -> None:
    """One score differs: the map is largest at the middle of its patch."""
    d = PatchGAN(3, 4, 2)
    scores = torch.zeros(1, 1, 6, 6)
    scores[0, 0, 2, 4] = 1
    verdicts = verdict_map(d, scores, 32)
    y, x = divmod(int(verdicts.argmax()), 32)
    middles = [sum(d.patch_span(i)) / 2 for i in (2, 4)]
    assert abs(y - middles[0]) <= 0.5
    assert abs(x - middles[1]) <= 0.5


# -- settings ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("config", "fields", "words"),
    [
        (CycleGANConfig, {"data": "cifar-10"}, "must be digits"),
        (CycleGANConfig, {"data": "folders:/only-one"}, "must be folders:A,B"),
        (CycleGANConfig, {"data": "folders:/none,/nowhere"}, "folder that exists"),
        (CycleGANConfig, {"size": 30}, "multiple of 4"),
        (CycleGANConfig, {"size": 16, "patch_layers": 3}, "needs --size 24"),
        (CycleGANConfig, {"game": "pong,breakout"}, "one game"),
        (Pix2PixConfig, {"size": 48}, "power of 2"),
        (Pix2PixConfig, {"task": "segment"}, "needs --data atari"),
        (Pix2PixConfig, {"data": "pairs:/nowhere"}, "folder that exists"),
        (Pix2PixConfig, {"data": "paintings"}, "pairs:FOLDER"),
    ],
)
def test_settings_that_do_not_fit_get_a_sentence(config: Any, fields: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        config.parse(fields)


def test_with_batch_norm_it_draws_by_the_statistics_of_each_image_and_with_dropout_as_the_paper_tests() -> None:
    run = advance(pix2pix(norm="batch", dropout=0.0, size=32), 3)
    images = signed_images(run.held_out("a", 3).images)
    statistics = {name: value.clone() for name, value in run.served.state_dict().items()}
    run.served.eval()
    drawn = run.translated(run.served, images, "ab")
    run.g.master.train()
    with torch.no_grad():
        alone = [0.5 + 0.5 * run.g.master["ab"](image[None]) for image in images]
    torch.testing.assert_close(drawn, torch.cat(alone))
    run.g.master.load_state_dict({name[2:]: value for name, value in statistics.items() if name.startswith("g.")})
    run.served.eval()
    run.translated(run.served, images, "ab")
    assert all(torch.equal(value, statistics[name]) for name, value in run.served.state_dict().items())
    assert not any(module.training for module in run.served.modules())


def test_with_batch_norm_dropout_makes_the_noise_and_the_noise_of_training_stays_where_it_is() -> None:
    dropped, plain = (advance(pix2pix(norm="batch", dropout=share, size=32), 1) for share in (0.5, 0.0))
    plain.g.master.load_state_dict(dropped.g.master.state_dict())
    images = signed_images(dropped.held_out("a", 2).images)
    before = dropped.noise_generator.get_state()
    one, other, without = (run.translated(run.served.eval(), images, "ab") for run in (dropped, dropped, plain))
    assert torch.equal(one, other)
    assert not torch.allclose(one, without, atol=1e-3)
    assert torch.equal(dropped.noise_generator.get_state(), before)


def test_evaluation_tells_what_survives() -> None:
    from lab.quality import judge

    run = cyclegan()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(judge, "STEPS", 3)
        patch.setattr(judge, "store", lambda net, file: None)
        patch.setattr(judge, "loaded", lambda net, file: False)
        figures = run.evaluate()
    assert {"cycle_l1_a", "cycle_l1_b", "class_kept_ab", "class_read_real_b", "target_share_ba", "hue_spread_ab"} <= set(figures)
    assert all(0 <= figures[name] <= 1 for name in figures if name not in ("images_a", "images_b"))
    # An untrained G draws noise around grey: what comes back differs from the picture by its brightness.
    assert figures["cycle_l1_a"] > 0.1


def test_watching_writes_the_game_beside_its_translation(tmp_path: Path) -> None:
    run = advance(cyclegan(), 1)
    told = run.watch(game="breakout", video=tmp_path / "both.gif", seconds=0.05)
    assert (told["frames"], told["finished"]) == (3, False)
    with Image.open(tmp_path / "both.gif") as film:
        assert film.size == (640, 420)


def test_watching_without_a_file_says_where_to_look() -> None:
    with pytest.raises(UsageError, match="--video"):
        cyclegan().watch()
