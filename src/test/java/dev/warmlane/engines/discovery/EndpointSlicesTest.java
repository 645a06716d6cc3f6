package dev.warmlane.engines.discovery;

import static dev.warmlane.engines.discovery.Slices.HTTP;
import static dev.warmlane.engines.discovery.Slices.address;
import static dev.warmlane.engines.discovery.Slices.pod;
import static dev.warmlane.engines.discovery.Slices.port;
import static dev.warmlane.engines.discovery.Slices.slice;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.engines.discovery.DiscoveredPool.DiscoveredEndpoints;
import dev.warmlane.engines.discovery.KubernetesSource.RoleLabels;
import dev.warmlane.engines.discovery.KubernetesSource.TargetPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPortBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EndpointSlicesTest {
    private static final RoleLabels ROLES = new RoleLabels(List.of("llm-d.ai/role", "warmlane.dev/role"));

    private static final TargetPort NAMED = TargetPort.parse("http");

    @Test
    void identifiesAPodByItsUid() {
        assertThat(read(slice("vllm-a", pod("vllm-0", "10.0.0.1"))))
                .extracting(
                        endpoint -> endpoint.id().value(),
                        Endpoint::name,
                        endpoint -> endpoint.uri().toString(),
                        Endpoint::state)
                .containsExactly(tuple("uid-vllm-0", "vllm-0", "http://10.0.0.1:8000", EndpointState.READY));
    }

    @Test
    void identifiesAnEndpointWithoutPodByItsUrl() {
        assertThat(read(slice("vllm-a", address("10.0.0.1"))))
                .extracting(endpoint -> endpoint.id().value(), Endpoint::name)
                .containsExactly(tuple("http://10.0.0.1:8000", "10.0.0.1:8000"));
    }

    @ParameterizedTest(name = "ready={0} serving={1} terminating={2}: {3}")
    @CsvSource(
            nullValues = "nil",
            value = {
                "true,  true,  false, READY",
                "true,  nil,   nil,   READY",
                "nil,   nil,   nil,   READY",
                "nil,   true,  false, READY",
                // A Service that publishes its pods before they are ready.
                "true,  false, false, READY",
                "true,  true,  true,  DRAINING",
                "true,  false, true,  nil",
                "false, true,  true,  DRAINING",
                "nil,   nil,   true,  DRAINING",
                "false, false, true,  nil",
                "false, nil,   true,  nil",
                "false, false, false, UNREADY",
                "false, nil,   nil,   UNREADY",
                "false, true,  false, UNREADY"
            })
    void readsTheConditions(Boolean ready, Boolean serving, Boolean terminating, EndpointState expected) {
        List<Endpoint> endpoints = read(slice("vllm-a", pod("vllm-0", "10.0.0.1", ready, serving, terminating)));
        if (expected == null) {
            assertThat(endpoints).isEmpty();
        } else {
            assertThat(endpoints).extracting(Endpoint::state).containsExactly(expected);
        }
    }

    @Test
    void takesMissingConditionsForReady() {
        var bare = new EndpointBuilder().withAddresses("10.0.0.1").build();
        assertThat(read(slice("vllm-a", bare))).extracting(Endpoint::state).containsExactly(EndpointState.READY);
    }

    @Test
    void mergesSlicesInTheOrderOfNames() {
        assertThat(read(
                        slice("vllm-b", pod("vllm-2", "10.0.0.3"), pod("vllm-0", "10.0.0.1")),
                        slice("vllm-a", pod("vllm-1", "10.0.0.2"))))
                .extracting(Endpoint::name)
                .containsExactly("vllm-0", "vllm-1", "vllm-2");
    }

    @Test
    void doesNotDependOnTheOrderOfSlices() {
        List<EndpointSlice> slices = new ArrayList<>(List.of(
                slice("vllm-a", pod("vllm-0", "10.0.0.1", false, false, false), pod("vllm-1", "10.0.0.2")),
                slice("vllm-b", pod("vllm-0", "10.0.0.1"), address("10.0.0.9")),
                slice("vllm-c", "IPv6", List.of(HTTP), pod("vllm-0", "fd00::1"), pod("vllm-1", "fd00::2"))));
        DiscoveredEndpoints expected = EndpointSlices.read(slices, NAMED, "http", ROLES);
        Random random = new Random(1);
        for (int i = 0; i < 20; i++) {
            Collections.shuffle(slices, random);
            assertThat(EndpointSlices.read(slices, NAMED, "http", ROLES)).isEqualTo(expected);
        }
    }

    @ParameterizedTest(name = "ready {0} and {2}, terminating {1} and {3}: {4}")
    @CsvSource({
        "true,  false, false, false, READY",
        "false, false, true,  false, READY",
        "false, true,  true,  false, READY",
        "false, true,  false, false, DRAINING",
    })
    void listsAPodOfTwoSlicesOnceAndAsReadyAsTheReadier(
            boolean ready1, boolean terminating1, boolean ready2, boolean terminating2, EndpointState expected) {
        assertThat(read(
                        slice("vllm-a", pod("vllm-0", "10.0.0.1", ready1, ready1 || terminating1, terminating1)),
                        slice("vllm-b", pod("vllm-0", "10.0.0.1", ready2, ready2 || terminating2, terminating2))))
                .extracting(Endpoint::state)
                .containsExactly(expected);
    }

    @Test
    void prefersTheIpv4AddressOfADualStackPod() {
        assertThat(read(
                        slice("vllm-a", "IPv6", List.of(HTTP), pod("vllm-0", "fd00::1")),
                        slice("vllm-b", pod("vllm-0", "10.0.0.1"))))
                .extracting(endpoint -> endpoint.uri().toString())
                .containsExactly("http://10.0.0.1:8000");
    }

    @Test
    void writesIpv6AddressesInBrackets() {
        assertThat(read(slice("vllm-a", "IPv6", List.of(HTTP), address("fd00::1"))))
                .extracting(endpoint -> endpoint.id().value(), Endpoint::name)
                .containsExactly(tuple("http://[fd00::1]:8000", "[fd00::1]:8000"));
    }

    @Test
    void takesDnsNames() {
        assertThat(read(slice("vllm-a", "FQDN", List.of(HTTP), address("gpu-1.example.com"))))
                .extracting(Endpoint::name)
                .containsExactly("gpu-1.example.com:8000");
    }

    @Test
    void takesTheFirstOfSeveralAddresses() {
        var endpoint =
                new EndpointBuilder().withAddresses("10.0.0.1", "10.0.0.2").build();
        assertThat(read(slice("vllm-a", endpoint))).extracting(Endpoint::name).containsExactly("10.0.0.1:8000");
    }

    @ParameterizedTest(name = "port \"{0}\": {1}")
    @CsvSource(
            nullValues = "none",
            value = {"http, 8000", "metrics, 9000", "9000, 9000", "'', 8000", "dns, none", "53, 53"})
    void findsThePort(String setting, Integer expected) {
        EndpointPort udp =
                new EndpointPortBuilder(port("dns", 53)).withProtocol("UDP").build();
        var read = EndpointSlices.read(
                List.of(slice("vllm-a", "IPv4", List.of(udp, HTTP, port("metrics", 9000)), address("10.0.0.1"))),
                TargetPort.parse(setting),
                "http",
                ROLES);
        if (expected == null) {
            assertThat(read.endpoints()).isEmpty();
        } else {
            assertThat(read.endpoints())
                    .extracting(endpoint -> endpoint.uri().getPort())
                    .containsExactly(expected);
        }
    }

    @Test
    void takesANumberedPortOfASliceThatExposesAllPorts() {
        var slices = List.of(
                slice("vllm-a", "IPv4", List.of(), address("10.0.0.1")),
                slice("vllm-b", "IPv4", List.of(port("all", null)), address("10.0.0.2")));
        assertThat(EndpointSlices.read(slices, TargetPort.parse("8000"), "http", ROLES)
                        .endpoints())
                .extracting(Endpoint::name)
                .containsExactly("10.0.0.1:8000", "10.0.0.2:8000");
    }

    @Test
    void skipsASliceWithoutThePortAndSaysWhichPortsItHas() {
        var read = EndpointSlices.read(
                List.of(
                        slice("vllm-a", "IPv4", List.of(port("web", 80), port("", 81)), address("10.0.0.1")),
                        slice("vllm-b", address("10.0.0.2"))),
                NAMED,
                "http",
                ROLES);
        assertThat(read.endpoints()).extracting(Endpoint::name).containsExactly("10.0.0.2:8000");
        assertThat(read.warnings())
                .containsExactly("EndpointSlice vllm-a has no port http (expected: web 80, (no name) 81)");
    }

    @Test
    void saysNothingOfTheSliceOfAServiceWithoutPods() {
        EndpointSlice empty = slice("vllm-a");
        empty.setEndpoints(null);
        empty.setPorts(null);
        assertThat(EndpointSlices.read(List.of(empty), NAMED, "http", ROLES))
                .isEqualTo(new DiscoveredEndpoints(List.of(), List.of()));
    }

    @Test
    void refusesAnAddressThatIsSpecialToThisMachine() {
        var read = EndpointSlices.read(
                List.of(slice("vllm-a", address("169.254.169.254"), pod("vllm-0", "10.0.0.1"))), NAMED, "http", ROLES);
        assertThat(read.endpoints()).extracting(Endpoint::name).containsExactly("vllm-0");
        assertThat(read.warnings())
                .containsExactly("EndpointSlice vllm-a lists 169.254.169.254, refused: link-local address");
    }

    @Test
    void usesTheSchemeOfTheSource() {
        assertThat(EndpointSlices.read(List.of(slice("vllm-a", address("10.0.0.1"))), NAMED, "https", ROLES)
                        .endpoints())
                .extracting(endpoint -> endpoint.uri().toString())
                .containsExactly("https://10.0.0.1:8000");
    }

    private static List<Endpoint> read(EndpointSlice... slices) {
        return EndpointSlices.read(List.of(slices), NAMED, "http", ROLES).endpoints();
    }

    @Test
    void takesTheRoleOfTheService() {
        assertThat(roles(labelled("llm-d.ai/role", "prefill"))).containsExactly(Role.PREFILL);
        assertThat(roles(labelled("warmlane.dev/role", "decode"))).containsExactly(Role.DECODE);
        assertThat(roles(slice("vllm-a", pod("vllm-0", "10.0.0.1")))).containsExactly(Role.BOTH);
    }

    @Test
    void warnsOfARoleThatThereIsNot() {
        EndpointSlice encode = labelled("llm-d.ai/role", "encode");
        DiscoveredEndpoints read = EndpointSlices.read(List.of(encode), NAMED, "http", ROLES);
        assertThat(read.endpoints()).extracting(Endpoint::role).containsExactly(Role.BOTH);
        assertThat(read.warnings())
                .containsExactly("EndpointSlice vllm-a has llm-d.ai/role=encode (expected: both, prefill or decode)");
    }

    private static List<Role> roles(EndpointSlice slice) {
        return read(slice).stream().map(Endpoint::role).toList();
    }

    private static EndpointSlice labelled(String name, String value) {
        EndpointSlice slice = slice("vllm-a", pod("vllm-0", "10.0.0.1"));
        slice.getMetadata().getLabels().put(name, value);
        return slice;
    }
}
