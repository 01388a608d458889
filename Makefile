# Each target is one line that works on a fresh machine: `make run` and `make test` set up what they need.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
TORCH := 2.13.0

.PHONY: run ask test check lint eval bench native train models fuzz clean

run: models            ## serve the web chat and the HTTP API on http://127.0.0.1:7860
	$(BIN)/assistant serve

ask: models            ## make ask Q="..." answers in the terminal
	@$(BIN)/assistant ask "$(Q)"

test: $(VENV)/.dev models  ## run the tests
	$(BIN)/pytest

check: $(VENV)/.dev    ## lint, types, and the proofs about the texts: editions aligned, flowcharts agree
	$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy
	$(BIN)/python -m corpus.restore --check && $(BIN)/python -m corpus.alignment
	$(BIN)/assistant check

lint: $(VENV)/.dev     ## mend what ruff can mend
	$(BIN)/ruff check --fix . && $(BIN)/ruff format .

models: $(VENV)/.run   ## fetch and verify the language model (1.1 GB, once)
	@$(BIN)/assistant models fetch

fuzz: $(VENV)/.dev     ## throw 1,000 generated requests at the HTTP API and hold every reply to its document
	PYTHONPATH=. $(BIN)/python tests/contract.py

eval: models           ## ask the development questions, compare with the recorded run, write docs/eval.md
	$(BIN)/python -m evaluation

bench: models          ## measure speed and memory, say what got worse; make bench PARTS="warm start" for some
	$(BIN)/python -m evaluation.bench $(PARTS)

native: models         ## compile llama.cpp for this very processor (11 minutes of a core, once): prompts are read faster
	@echo "== $(ENGINE) for this processor: 11 minutes of a core, unless it was compiled before."
	@echo "   The prebuilt one stays until the new one has read and written with the model."
	@test "$$(uname)" = Linux || { echo "This is for Linux: for macOS the prebuilt one is compiled in full."; exit 1; }
	@cc --version >/dev/null && c++ --version >/dev/null && cmake --version >/dev/null \
		|| { echo "It takes a C++ compiler and cmake: apt install build-essential cmake"; exit 1; }
	@test -d "$(COMPILED)" || { $(PIP) wheel --no-deps --no-cache-dir --no-binary xllamacpp \
		--wheel-dir "$(COMPILED).new" $(ENGINE) && mv "$(COMPILED).new" "$(COMPILED)"; }
	@echo "== The one in use:" && $(BIN)/python -m evaluation.bench.speed
	@tried=$$(mktemp -d) && trap 'rm -r "$$tried"' EXIT \
		&& $(PIP) install --quiet --no-deps --target "$$tried" "$(COMPILED)"/*.whl \
		&& echo "== The new one, kept in $(COMPILED):" \
		&& PYTHONPATH="$$tried" $(BIN)/python -m evaluation.bench.speed \
		|| { rm -r "$(COMPILED)"; echo "It does not run here and is removed; the one in use stays."; exit 1; }
	@$(PIP) install --quiet --no-deps --force-reinstall "$(COMPILED)"/*.whl
	@echo "== Installed. Back to the prebuilt one:" \
		&& echo "   $(PIP) install --no-deps --force-reinstall --only-binary xllamacpp $(ENGINE)"

# The same version from its source distribution, without what its build would fetch and we do not use: TLS, a
# second grammar engine, a web page. Compiled once for each processor and compiler, kept in the user's cache folder.
ENGINE = $(shell grep ^xllamacpp== constraints.txt)
COMPILED = $(shell $(BIN)/python -c 'from index import weights; print(weights.home())')/engine/$(subst ==,-,$(ENGINE))-$(shell cc -march=native -dM -E - </dev/null | sha256sum | cut -c1-12)
native: export CMAKE_ARGS = -DGGML_NATIVE=ON -DLLAMA_LLGUIDANCE=OFF -DLLAMA_BUILD_BORINGSSL=OFF \
	-DLLAMA_USE_PREBUILT_UI=OFF -DLLAMA_BUILD_TESTS=OFF -DLLAMA_BUILD_EXAMPLES=OFF -DLLAMA_BUILD_APP=OFF

train: $(VENV)/.dev models  ## teach the model by a LoRA adapter (hours without CUDA; goes on after a stop)
	$(BIN)/python -m training.check
	$(BIN)/python -m training.tokens
	$(BIN)/python -m training.lora
	$(BIN)/python -m training.adapter
	$(BIN)/python -m training.judge

clean:                 ## remove the environment and caches; the weights stay in the user's cache folder
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache dist build

# The build of torch without CUDA: from a local wheel folder, else from PyTorch's own CPU index, else plain.
$(VENV)/.torch:
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] + "; set PYTHON=/path/to/python3.11.")'
	@echo "== 1/3 Environment and torch (no CUDA) in $(VENV)"
	$(PYTHON) -m venv $(VENV)
	$(PIP) install --upgrade "pip>=25.1"
	$(PIP) install "torch==$(TORCH)+cpu" 2>/dev/null \
		|| $(PIP) install --index-url https://download.pytorch.org/whl/cpu "torch==$(TORCH)+cpu" \
		|| $(PIP) install "torch==$(TORCH)"
	@touch $@

$(VENV)/.run: $(VENV)/.torch pyproject.toml constraints.txt
	@echo "== 2/3 Libraries"
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@echo "== Tools for tests and checks"
	$(PIP) install --constraint constraints.txt --group dev
	@touch $@
