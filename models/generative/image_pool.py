"""The image pool: D also learns from past generated images, which keeps it from forgetting (Shrivastava et al. 2017)."""

import torch
from torch import Tensor


class ImagePool:
    """Keeps up to `size` generated images. Until it is full, `exchange` stores and returns what it is given; after that each
    image is returned as it is with probability one half, else it takes a random place in the pool and the image there is returned.
    """

    def __init__(self, size: int, generator: torch.Generator):
        """`generator` (on the CPU) decides; it belongs to the pool alone. With size 0 images pass through."""
        self.size, self.generator = size, generator
        self.images = torch.empty(0)
        self.count = 0

    @torch.no_grad()
    def exchange(self, images: Tensor) -> Tensor:
        """The images (B, C, H, W) to show to D. Two images of a batch never take the same place: the draw is without replacement."""
        if not self.size:
            return images
        if self.images.shape[1:] != images.shape[1:]:
            self.images = images.new_empty((self.size, *images.shape[1:])).contiguous(memory_format=torch.channels_last)
        self.images = self.images.to(images.device)  # Restored ones come from the CPU.
        fresh = min(self.size - self.count, len(images))
        self.images[self.count : self.count + fresh] = images[:fresh]
        self.count += fresh
        late = images[fresh:]
        if not len(late):
            return images
        place = torch.randperm(self.size, generator=self.generator)[: len(late)]
        swap = torch.rand(len(place), generator=self.generator) < 0.5
        place, rows = place[swap].to(images.device, non_blocking=True), (swap.nonzero()[:, 0] + fresh).to(images.device, non_blocking=True)
        given = images.clone()
        given[rows] = self.images[place]
        self.images[place] = images[rows]
        return given

    def state(self) -> dict[str, object]:
        return {"images": self.images[: self.count].clone(), "generator": self.generator.get_state()}

    def restore(self, state: dict[str, object]) -> None:
        images, generator = state["images"], state["generator"]
        assert isinstance(images, Tensor)
        assert isinstance(generator, Tensor)
        self.count = len(images)
        if self.count:
            self.images = images.new_empty((self.size, *images.shape[1:])).contiguous(memory_format=torch.channels_last)
            self.images[: self.count] = images
        self.generator.set_state(generator)
