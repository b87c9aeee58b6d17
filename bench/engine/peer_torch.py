"""Program of PyTorch: `peer_torch.py THREADS`, then one request a line on standard input, as requests.ts has them."""

import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional

BLOCKS = [(64, 1), (64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1)]


class Cnn(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 32, 3, padding=1)
        self.conv2 = nn.Conv2d(32, 64, 3, padding=1)
        self.dense1 = nn.Linear(3136, 128)
        self.dense2 = nn.Linear(128, 10)

    def forward(self, x):
        x = functional.max_pool2d(functional.relu(self.conv1(x)), 2)
        x = functional.max_pool2d(functional.relu(self.conv2(x)), 2)
        return self.dense2(functional.relu(self.dense1(x.flatten(1))))


class Block(nn.Module):
    def __init__(self, channels, filters, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.norm1 = nn.BatchNorm2d(filters)
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(filters)
        self.shortcut = None
        if stride != 1 or channels != filters:
            conv = nn.Conv2d(channels, filters, 1, stride, bias=False)
            self.shortcut = nn.Sequential(conv, nn.BatchNorm2d(filters))

    def forward(self, x):
        y = functional.relu(self.norm1(self.conv1(x)))
        residual = x if self.shortcut is None else self.shortcut(x)
        return functional.relu(self.norm2(self.conv2(y)) + residual)


class Pooled(nn.Module):
    """Layers, the mean over the pixels, a dense layer."""

    def __init__(self, layers):
        super().__init__()
        self.layers = nn.Sequential(*layers)
        self.dense = nn.Linear(512, 10)

    def forward(self, x):
        return self.dense(self.layers(x).mean((2, 3)))


def resnet():
    layers, channels = [nn.Conv2d(3, 64, 3, 1, 1, bias=False), nn.BatchNorm2d(64), nn.ReLU()], 64
    for filters, stride in BLOCKS:
        layers.append(Block(channels, filters, stride))
        channels = filters
    return Pooled(layers)


def mobile():
    layers, channels = [nn.Conv2d(3, 32, 3, 1, 1, bias=False), nn.BatchNorm2d(32), nn.ReLU()], 32
    strides = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), (512, 1), (512, 1)]
    for filters, stride in strides:
        layers += [nn.Conv2d(channels, channels, 3, stride, 1, groups=channels, bias=False)]
        layers += [nn.BatchNorm2d(channels), nn.ReLU()]
        layers += [nn.Conv2d(channels, filters, 1, bias=False), nn.BatchNorm2d(filters), nn.ReLU()]
        channels = filters
    return Pooled(layers)


def zen():
    model = resnet()
    for parameter in model.parameters():
        if parameter.dim() > 1:
            nn.init.normal_(parameter)
    return model


BUILD = {
    "cnn": (Cnn, (128, 1, 28, 28)),
    "resnet": (resnet, (64, 3, 32, 32)),
    "mobile": (mobile, (64, 3, 32, 32)),
    "zen": (zen, (16, 3, 32, 32)),
}


class Network:
    def __init__(self, workload, channels_last):
        make, shape = BUILD[workload]
        torch.manual_seed(1)
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.model = make().train().to(memory_format=layout)
        self.images = torch.randn(*shape).to(memory_format=layout)
        self.labels = torch.randint(0, 10, shape[:1])
        self.optimizer = torch.optim.SGD(self.model.parameters(), lr=0.01, momentum=0.9)

    def logits(self, precision):
        if precision == "f32":
            return self.model(self.images)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.model(self.images).float()

    def forward(self, precision):
        with torch.no_grad():
            return self.logits(precision).sum().item()

    def step(self, precision):
        self.optimizer.zero_grad(set_to_none=True)
        loss = functional.cross_entropy(self.logits(precision), self.labels)
        loss.backward()
        self.optimizer.step()
        return loss.item()


def main():
    torch.set_num_threads(int(sys.argv[1]))
    print(json.dumps({"version": "torch " + torch.__version__}), flush=True)
    networks = {}
    for line in sys.stdin:
        request = json.loads(line)
        key = (request["workload"], request["precision"], bool(request.get("isChannelsLast")))
        if key not in networks:
            networks[key] = Network(key[0], key[2])
        run = getattr(networks[key], request["mode"])
        wall, cpu = [], []
        for _ in range(request["count"]):
            used, start = time.process_time(), time.perf_counter()
            run(key[1])
            wall.append((time.perf_counter() - start) * 1e3)
            cpu.append((time.process_time() - used) * 1e3)
        resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        print(json.dumps({"wall": wall, "cpu": cpu, "slowPath": {}, "residentBytes": resident}), flush=True)


main()
