"""Program of the released PyTorch code of Zen-NAS on the CPU: `peer_zennas.py THREADS FOLDER`, then one request a line
on standard input, as requests.ts has them. FOLDER is a checkout of the code; nothing in it is changed."""

import contextlib
import io
import json
import os
import random
import resource
import statistics
import sys
import tempfile
import time
import types

import numpy
import torch

threads, folder = int(sys.argv[1]), os.path.abspath(sys.argv[2])
sys.path.insert(0, folder)
torch.set_num_threads(threads)

# The search moves its networks to a GPU whether there is one or not.
torch.nn.Module.cuda = lambda self, *_: self
torch.cuda.empty_cache = lambda: None

# Other networks, which need torchvision: every score imports them, none uses them.
sys.modules["ModelLoader"] = types.ModuleType("ModelLoader")

with contextlib.redirect_stdout(io.StringIO()):
    import Masternet
    from ZeroShotProxy import compute_zen_score


def cpu_seconds():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def build(structure, classes=10):
    return Masternet.MasterNet(num_classes=classes, plainnet_struct=structure, no_create=False, no_reslink=True)


def zen_score(net, batch, resolution):
    return compute_zen_score.compute_nas_score(
        gpu=None, model=net, mixup_gamma=1e-2, resolution=resolution, batch_size=batch, repeat=1
    )["avg_nas_score"]


def score(request):
    rounds = []
    for _ in range(request["count"]):
        begin, used = time.perf_counter(), cpu_seconds()
        net = build(request["structure"])
        built = cpu_seconds() - used
        zen_score(net, request["batchSize"], request["resolution"])
        rounds.append({"wall": time.perf_counter() - begin, "cpu": cpu_seconds() - used, "build": built})
    warm = rounds[len(rounds) // 2 :]
    times = {name: statistics.median(one[name] for one in warm) for name in rounds[0]}
    return {"times": {name: 1000 * value for name, value in times.items()} | {"weights": None, "forward": None}}


def search(request):
    import evolution_search

    random.seed(request["seed"])
    numpy.random.seed(request["seed"])
    torch.manual_seed(request["seed"])
    with tempfile.TemporaryDirectory() as save_dir:
        start = os.path.join(save_dir, "start.txt")
        with open(start, "w", encoding="utf-8") as file:
            file.write(request["start"])
        argv = ["evolution_search.py"]
        for name, value in {
            "zero_shot_score": "Zen",
            "search_space": os.path.join(folder, "SearchSpace", "search_space_XXBL.py"),
            "evolution_max_iter": request["iterations"],
            "budget_model_size": request["params"],
            "max_layers": request["depth"],
            "batch_size": request["batchSize"],
            "input_image_size": request["resolution"],
            "population_size": request["population"],
            "num_classes": request["classes"],
            "plainnet_struct_txt": start,
            "save_dir": save_dir,
        }.items():
            argv += [f"--{name}", str(value)]
        args = evolution_search.parse_cmd_options(argv)
        inner = evolution_search.compute_nas_score
        spent = {"count": 0, "seconds": 0.0}

        def timed(*inputs, **named):
            used = cpu_seconds()
            value = inner(*inputs, **named)
            spent["count"] += 1
            spent["seconds"] += cpu_seconds() - used
            if value == -9999:
                raise RuntimeError("the released code could not score a structure; see its log above")
            return value

        evolution_search.compute_nas_score = timed
        try:
            begin, used = time.perf_counter(), cpu_seconds()
            evolution_search.main(args, argv)
            seconds, cpu = time.perf_counter() - begin, cpu_seconds() - used
        finally:
            evolution_search.compute_nas_score = inner
    return {"search": {"seconds": seconds, "cpu": cpu, "scored": spent["count"], "scoring": spent["seconds"]}}


def rank(request):
    scores = [
        zen_score(build(structure), request["batchSize"], request["resolution"]) for structure in request["structures"]
    ]
    return {"scores": scores}


print(json.dumps({"version": f"torch {torch.__version__}"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    # what the released code prints goes to standard error
    with contextlib.redirect_stdout(sys.stderr):
        answer = {"score": score, "search": search, "rank": rank}[request["kind"]](request)
    print(json.dumps(answer), flush=True)
