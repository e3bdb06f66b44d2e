"""The loop that a PyTorch user writes first: ResNet-18 (small stem, 32 px) on the digits, eager, fp32, with a DataLoader.

    python benchmarks/plain_vision.py [--steps 8]
Prints one JSON document with `images_per_s`, and `images_per_cpu_s` for machines that do other work too.
"""

import argparse
import json
import time

import numpy as np
import torch
from sklearn.datasets import load_digits
from torch import nn
from torch.utils.data import DataLoader, Dataset

import models

BATCH = 64


class Digits(Dataset):
    """The first 1,500 digits, enlarged to 32x32 and made RGB, as floats one by one."""

    def __init__(self) -> None:
        digits = load_digits()
        self.images = (digits.images[:1500] * 255 / 16).round().astype(np.uint8).repeat(4, 1).repeat(4, 2)
        self.labels = digits.target[:1500]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[torch.Tensor, int]:
        image = torch.from_numpy(self.images[index]).float().div(255).expand(3, -1, -1)
        return (image - 0.5) / 0.25, int(self.labels[index])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=8)
    steps = parser.parse_args().steps
    torch.manual_seed(0)
    net = models.build("resnet18", classes=10, channels=3, size=32)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, weight_decay=0.01)
    criterion = nn.CrossEntropyLoss()
    done, start, cpu = -2, 0.0, 0.0
    while done < steps:
        for images, labels in DataLoader(Digits(), batch_size=BATCH, shuffle=True, drop_last=True):
            if done == 0:  # The first two steps warm up.
                start, cpu = time.perf_counter(), time.process_time()
            optimizer.zero_grad()
            loss = criterion(net(images), labels)
            loss.backward()
            optimizer.step()
            loss.item()
            done += 1
            if done == steps:
                break
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - cpu
    print(
        json.dumps(
            {
                "images_per_s": round(steps * BATCH / seconds, 1),
                "images_per_cpu_s": round(steps * BATCH / cpu_seconds, 1),
                "threads": torch.get_num_threads(),
            }
        )
    )


if __name__ == "__main__":
    main()
