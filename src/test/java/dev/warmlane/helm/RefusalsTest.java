package dev.warmlane.helm;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values that must not reach a cluster, and what Helm says of them. */
class RefusalsTest {
    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            replica: 3                                              | 'replica' not allowed
            image: {name: a}                                        | 'name' not allowed
            image: {tag: latest}                                    | /image/tag
            image: {digest: sha256:abc}                             | /image/digest
            image: {pullPolicy: Sometimes}                          | /image/pullPolicy
            replicas: 0                                             | /replicas
            replicas: two                                           | /replicas
            discovery: {svc: a}                                     | 'svc' not allowed
            discovery: {service: 'Not a name'}                      | /discovery/service
            discovery: {urls: ['10.0.0.1:8000']}                    | /discovery/urls/0
            discovery: {urls: ['http://10.0.0.1:8000/v1']}          | /discovery/urls/0
            discovery: {service: a, selector: b=c}                  | discovery: service, selector (expected: one of service, selector, inferencePool, urls)
            discovery: {urls: ['http://10.0.0.1:8000 role=cook']}   | /discovery/urls/0
            discovery: {port: 99999}                                | /discovery/port
            discovery: {port: Not a port}                           | /discovery/port
            discovery:                                              | missing property 'discovery'
            autoscaling: {enabled: true, maxReplicas: }             | missing property 'maxReplicas'
            nameOverride: Not a name                                | /nameOverride
            fullnameOverride: Not_a_name                            | /fullnameOverride
            commonLabels: {app.kubernetes.io/name: a}               | /commonLabels/app.kubernetes.io~1name
            podLabels: {helm.sh/chart: a}                           | /podLabels/helm.sh~1chart
            policies: {Not a name: a}                               | '/policies': additional properties 'Not a name' not allowed
            extraObjects: [{kind: Secret}]                          | '/extraObjects/0': missing property 'apiVersion'
            priorityClassName: Not a name                           | /priorityClassName
            management: {keySecret: Not a name}                     | /management/keySecret
            discovery: {urls: ['http://a:1'], port: 1}              | discovery: namespace or port beside urls (expected: they are part of the URLs)
            discovery: {inferencePool: a, port: http}               | discovery.port: http (expected: nothing, because an InferencePool names its targetPorts)
            {discovery: {service: a}, config: {endpoints: ['http://a:1']}} | discovery: set (expected: nothing, because config.pools or config.endpoints says where the servers are)
            config: {affinty: {ttl: 1h}}                            | 'affinty' not allowed
            config: {affinity: {time-to-live: 1h}}                  | 'time-to-live' not allowed
            config: {affinity: {ttl: 0s}}                           | /config/affinity/ttl
            config: {affinity: {ttl: -1s}}                          | /config/affinity/ttl
            config: {affinity: {ttl: soon}}                         | /config/affinity/ttl
            config: {affinity: {max-entries: 0}}                    | /config/affinity/max-entries
            config: {affinity: {max-entries: many}}                 | /config/affinity/max-entries
            config: {limits: {body: 0MB}}                           | /config/limits/body
            config: {retry: {max-retries: -1}}                      | /config/retry/max-retries
            config: {response-headers: maybe}                       | /config/response-headers
            config: {pools: [{kubernetes: {service: a}}]}           | missing property 'name'
            config: {pools: [{name: a, kubernetes: {svc: a}}]}      | 'svc' not allowed
            config: {pools: [{name: a, endpoints: ['http://a:1'], api-key: s3cret}]} | /config/pools/0/api-key
            config: {cluster: {secret: s3cret}}                     | /config/cluster/secret
            config: {management: {key: 0123456789abcdef}}           | /config/management/key
            config: {access-log: {salt: s3cret}}                    | /config/access-log/salt
            config: {endpoint-salt: s3cret}                         | /config/endpoint-salt
            config: {dashboard: {target-hit-ratio: 80}}             | /config/dashboard/target-hit-ratio
            config: {cluster: {members: ['a:1']}}                   | config.cluster.members: set (expected: nothing, because the chart sets it unless cluster.enabled is false)
            {modelNames: [{name: a, targets: b}], config: {model-names: {file: /a}}} | config.model-names.file: set (expected: nothing, because modelNames is)
            modelNames: [{name: a}]                                 | /modelNames/0
            cluster: {enabled: maybe}                               | /cluster/enabled
            cluster: {secret: short}                                | /cluster/secret
            cluster: {secret: 0123456789abcdef, sslBundle: a}       | cluster: secret, sslBundle (expected: at most one of secret, existingSecret, sslBundle)
            cluster: {port: 8081}                                   | cluster.port: 8081 (expected: another port than 8080 and 8081, which the gateway has)
            service: {port: 0}                                      | /service/port
            service: {port: 70000}                                  | /service/port
            service: {type: Public}                                 | /service/type
            service: {sessionAffinity: Cookie}                      | /service/sessionAffinity
            resources: {request: {cpu: 1}}                          | 'request' not allowed
            resources: {limits: {memory: 1g}}                       | /resources/limits/memory
            probes: {timeoutSeconds: 0}                             | /probes/timeoutSeconds
            securityContext: {runAsUser: 0}                         | /securityContext/runAsUser
            {autoscaling: {enabled: true}, keda: {enabled: true}}   | autoscaling.enabled and keda.enabled: both (expected: one of them, or neither)
            autoscaling: {enabled: true, cpuPercent: 0}             | autoscaling: neither cpuPercent nor inFlight (expected: at least one of them above 0)
            autoscaling: {enabled: true, minReplicas: 9, maxReplicas: 3} | autoscaling.maxReplicas: 3 (expected: at least minReplicas, 9)
            keda: {enabled: true, minReplicas: 9, maxReplicas: 3}   | keda.maxReplicas: 3 (expected: at least minReplicas, 9)
            vllm: {enabled: true, version: 0.11.0, model: m, scaling: {by: keda, minReplicas: 9, maxReplicas: 3}} | vllm.scaling.maxReplicas: 3 (expected: at least minReplicas, 9)
            {vllm: {enabled: true, version: 0.11.0, model: m, scaling: {by: keda, maxReplicas: 33}}} | vllm.scaling.maxReplicas: 33 (expected: at most config.scaling.max-endpoints, 32
            {config: {scaling: {max-endpoints: 4}}, vllm: {enabled: true, version: 0.11.0, model: m, scaling: {by: hpa}}} | vllm.scaling.maxReplicas: 8 (expected: at most config.scaling.max-endpoints, 4
            keda: {prometheus: prom}                                | /keda/prometheus
            podDisruptionBudget: {maxUnavailable: 0}                | /podDisruptionBudget/maxUnavailable
            networkPolicy: {apiServerCidrs: [10.0.0.1]}             | /networkPolicy/apiServerCidrs/0
            networkPolicy: {enginePorts: []}                        | /networkPolicy/enginePorts
            httpRoute: {enabled: true}                              | httpRoute.parentRefs: none (expected: the Gateways it belongs to, or gateway.enabled)
            httpRoute: {otherBackends: [{name: a}]}                 | /httpRoute/otherBackends/0
            gateway: {enabled: true}                                | gateway.className: empty (expected: the name of a GatewayClass)
            ingress: {paths: []}                                    | /ingress/paths
            ingress: {paths: [v1]}                                  | /ingress/paths/0
            route: {timeout: long}                                  | /route/timeout
            metrics: {serviceMonitor: true, podMonitor: true}       | metrics.serviceMonitor and metrics.podMonitor: both (expected: one of them, or every sample counts twice)
            validation: {minHitRatio: 80}                           | /validation/minHitRatio
            validation: {turns: 1}                                  | /validation/turns
            vllm: {enabled: true, model: m}                         | vllm.version: empty (expected: the version of vLLM, such as 0.10.0)
            vllm: {enabled: true, version: 0.10.0}                  | vllm.model: empty (expected: a name on Hugging Face or a path)
            vllm: {enabled: true, version: v0.10.0, model: m}       | /vllm/version
            vllm: {enabled: true, version: 0.9.2, model: m}         | vllm.version: 0.9.2 (expected: 0.10.0 or later)
            vllm: {enabled: true, version: 0.11.0, model: m, hashAlgorithm: builtin} | vllm.hashAlgorithm: builtin (expected: with vLLM 0.11.0 one of sha256, sha256_cbor)
            vllm: {enabled: true, version: 0.10.1, model: m, hashAlgorithm: sha256, kvEvents: {enabled: true}} | vllm.hashAlgorithm: sha256 (expected: with KV events of vLLM 0.10.1 one of builtin, sha256_cbor_64bit)
            vllm: {enabled: true, version: 0.18.0, model: m, roles: {enabled: true}, scaling: {by: keda}} | vllm.scaling.by: keda (expected: none with vllm.roles
            vllm: {enabled: true, version: 0.11.0, model: m, scaling: {by: keda, pool: chat}} | vllm.scaling.pool: chat (expected: a pool of the gateway: default)
            vllm: {enabled: true, version: 0.11.0, model: m, kvEvents: {enabled: true, port: 7999}} | vllm.kvEvents.port: 7999 (expected: none of the ports from 8000 to 8000, which vLLM itself has)
            vllm: {enabled: true, version: 0.18.0, model: m, roles: {enabled: true, transferPort: 5600}} | vllm.roles.transferPort: 5600 (expected: none of the ports from 5600 to 5615, which vllm.roles.sideChannelPort has)
            vllm: {roles: {ucx: {LD_PRELOAD: x}}}                   | '/vllm/roles/ucx': additional properties 'LD_PRELOAD' not allowed
            vllm: {gpuMemoryUtilization: 90}                        | /vllm/gpuMemoryUtilization
            vllm: {blockSize: 17}                                   | /vllm/blockSize
            vllm: {image: {tag: latest}}                            | /vllm/image/tag
            extraEnv: [{key: A, value: b}]                          | /extraEnv/0
            """)
    void saysWhatIsWrong(String values, String problem) {
        assertThat(Chart.refusal(values)).contains(problem);
    }
}
