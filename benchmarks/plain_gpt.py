"""The lab's GPT in a plain eager fp32 loop, as one would write it first: what `lab train gpt` is compared with.

    python benchmarks/plain_gpt.py [--steps 200]
prints one JSON document. The network is the same one; the loop has nothing of the lab's engine.
"""

import argparse
import json
import time

import torch
from torch.nn import functional as F

import models
from lab.cores import cores
from lab.data.text import load_text


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=200)
    parser.add_argument("--data", default="pydocs")
    options = parser.parse_args()
    torch.set_num_threads(cores())
    torch.manual_seed(0)
    context, batch_size = 64, 12
    text = load_text(options.data, "char", torch.device("cpu"), context)
    data = text.train.long()
    net = models.build("gpt", vocabulary=len(text.codec.vocabulary), context=context)
    optimizer = torch.optim.AdamW(net.parameters(), lr=2e-3, betas=(0.9, 0.99), weight_decay=0.1)

    def step() -> float:
        rows = torch.randint(len(data) - context, (batch_size,))
        x = torch.stack([data[i : i + context] for i in rows])
        y = torch.stack([data[i + 1 : i + 1 + context] for i in rows])
        logits, _ = net(x)
        loss = F.cross_entropy(logits.flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        optimizer.step()
        return loss.item()

    for _ in range(20):
        step()
    start, cpu = time.perf_counter(), time.process_time()
    for _ in range(options.steps):
        loss = step()
    seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
    tokens = options.steps * batch_size * context
    print(json.dumps({"tokens_per_s": round(tokens / seconds, 1), "tokens_per_cpu_s": round(tokens / cpu, 1), "loss": round(loss, 4)}))


if __name__ == "__main__":
    main()
