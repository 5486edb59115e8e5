#!/usr/bin/env bash
# Builds, tests, shows and packs WireGuard for PowerShell: build.sh [build|test|demo|bench|tour|package|clean]
# Installs what the task needs and the machine lacks, then hands over to eng/build.proj.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_SKIP_FIRST_TIME_EXPERIENCE=1 DOTNET_CLI_WORKLOAD_UPDATE_NOTIFY_DISABLE=true
export POWERSHELL_TELEMETRY_OPTOUT=1 POWERSHELL_UPDATECHECK=Off

task=${1:-build}
missing=()

# want PACKAGE REASON CHECK...: notes the package when the check fails.
want() {
    local package=$1 reason=$2
    shift 2
    if ! "$@" >/dev/null 2>&1; then
        missing+=("$package")
        echo "build.sh: missing $package: $reason"
    fi
}

has_library() { ldconfig -p | grep -qF "$1" || compgen -G "/usr/lib/*/$1*" || compgen -G "/usr/lib/$1*"; }

install_missing() {
    ((${#missing[@]})) || return 0
    local sudo=()
    if ((EUID != 0)); then
        sudo=(sudo -n)
    fi
    if ! command -v apt-get >/dev/null; then
        echo "build.sh: no apt-get here. Please install with this system's own means: ${missing[*]}" >&2
    elif ((EUID != 0)) && ! sudo -n true 2>/dev/null; then
        echo "build.sh: not root. Please run: sudo apt-get install ${missing[*]}" >&2
    else
        echo "build.sh: installing ${missing[*]}"
        # One by one where the lot fails: a package that a release does not have must not keep the others out.
        local get=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends install)
        "${sudo[@]}" apt-get -qq update || echo "build.sh: apt-get update failed; trying with the lists that are here" >&2
        "${get[@]}" "${missing[@]}" >/dev/null || for package in "${missing[@]}"; do
            "${get[@]}" "$package" >/dev/null || echo "build.sh: could not install $package; what needs it will be skipped or fail" >&2
        done
    fi
}

if ! command -v dotnet >/dev/null; then
    echo "build.sh: the .NET 10 SDK is needed and dotnet is not on the PATH: https://dotnet.microsoft.com/download/dotnet/10.0" >&2
    exit 1
fi

[[ $task == clean ]] || want libsodium23 "X25519 and XChaCha20-Poly1305 of the engine" has_library libsodium.so.
if [[ $task == test || $task == bench ]]; then
    want iproute2 "live tests and benchmarks make network namespaces with ip" command -v ip
    want iputils-ping "live tests and benchmarks ping through tunnels" command -v ping
    want wireguard-tools "live tests and benchmarks use wg as a client" command -v wg
    want iperf3 "live tests and benchmarks send TCP through tunnels" command -v iperf3
fi
if [[ $task == test ]]; then
    want wireguard-go "the live tests talk to another implementation" command -v wireguard-go
    want tcpdump "the live tests look at packets on the wire" command -v tcpdump
    want systemd "the live tests have it check units and run one" command -v systemd-analyze
    want nftables "the live tests look at firewall rules" command -v nft
    want ansible-core "a test runs the sample playbook" command -v ansible-playbook
fi
install_missing

target() { dotnet msbuild eng/build.proj -nologo -tl:off -v:minimal -nodeReuse:false "-t:$1"; }

case $task in
    build) target Build ;;
    test)
        target Test
        exec dotnet out/eng/TestSummary.dll out/test-results
        ;;
    demo)
        target Engine
        exec out/engine/wireguard-engine demo "${@:2}"
        ;;
    bench)
        target Bench
        exec dotnet run --project tests/Bench -c Release --no-build -- --engine out/engine/wireguard-engine --module out/WireGuard --document docs/benchmarks.md "${@:2}"
        ;;
    tour) target Tour ;;
    package) target Package ;;
    clean) target Clean ;;
    *)
        echo "usage: build.sh [build|test|demo|bench|tour|package|clean]" >&2
        exit 2
        ;;
esac
