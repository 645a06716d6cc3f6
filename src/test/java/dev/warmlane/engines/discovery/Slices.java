package dev.warmlane.engines.discovery;

import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import java.util.List;

/** EndpointSlices as a cluster would have them. */
public final class Slices {
    static final EndpointPort HTTP = port("http", 8000);

    private Slices() {}

    /** An IPv4 slice of the Service "vllm" with the port http 8000. */
    static EndpointSlice slice(String name, Endpoint... endpoints) {
        return slice(name, "IPv4", List.of(HTTP), endpoints);
    }

    /** A slice of the Service "vllm" in the namespace "test". */
    public static EndpointSlice slice(
            String name, String addressType, List<EndpointPort> ports, Endpoint... endpoints) {
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace("test")
                .withName(name)
                .addToLabels("kubernetes.io/service-name", "vllm")
                .endMetadata()
                .withAddressType(addressType)
                .withPorts(ports)
                .withEndpoints(endpoints)
                .build();
    }

    public static EndpointPort port(String name, Integer number) {
        return new EndpointPortBuilder()
                .withName(name)
                .withPort(number)
                .withProtocol("TCP")
                .build();
    }

    /** A ready pod whose UID is its name with "uid-" before it. */
    static Endpoint pod(String name, String address) {
        return pod(name, address, true, true, false);
    }

    /** A pod whose UID is its name with "uid-" before it. */
    public static Endpoint pod(String name, String address, Boolean ready, Boolean serving, Boolean terminating) {
        return new EndpointBuilder(address(address, ready, serving, terminating))
                .withNewTargetRef()
                .withKind("Pod")
                .withName(name)
                .withUid("uid-" + name)
                .endTargetRef()
                .build();
    }

    /** An endpoint of a Service without selector. */
    static Endpoint address(String address) {
        return address(address, true, null, null);
    }

    private static Endpoint address(String address, Boolean ready, Boolean serving, Boolean terminating) {
        return new EndpointBuilder()
                .withAddresses(address)
                .withNewConditions()
                .withReady(ready)
                .withServing(serving)
                .withTerminating(terminating)
                .endConditions()
                .build();
    }
}
