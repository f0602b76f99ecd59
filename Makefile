# `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.PHONY: help demo build test test-fast check fmt lint doc bench cluster

export EGGTOOTH_SHARED ?= $(abspath ../shared)
CLUSTER := cargo test --quiet --test cluster --

help: ## List the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' $(MAKEFILE_LIST) | expand -t 12

demo: ## Rehearse the demo environment on a cluster in memory
	@bootstrap/demo/run

build: ## Build the release binary: target/release/eggtooth
	cargo build --release

test: ## Run all tests; those on a real control plane need Go, root and iproute2
	tests/run

test-fast: ## Run the tests that need no cluster
	cargo test --lib --bins --test main

check: fmt lint ## Check the form and the lints

fmt: ## Check the form
	cargo fmt --all --check

lint: ## Check the lints
	cargo clippy --workspace --all-targets --quiet -- -D warnings

doc: ## Build the documentation, and check its links
	RUSTDOCFLAGS="-D warnings" cargo doc --no-deps --document-private-items

bench: ## Measure `up` against today's script, `sops` against sops, environments against Pulumi's
	benches/run

cluster: ## Start a real control plane and print its kubeconfig, until Ctrl-C
	@$(CLUSTER) serve
