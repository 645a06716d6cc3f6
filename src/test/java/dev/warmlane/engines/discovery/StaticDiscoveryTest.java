package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.tuple;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.Endpoint.Role;
import dev.warmlane.core.endpoint.EndpointPool;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StaticDiscoveryTest {

    @Test
    void fillsThePoolInTheOrderOfTheSettings() {
        EndpointPool pool = new EndpointPool("default");
        new StaticDiscovery(pool, List.of("http://b:8000", "http://a:8000")).start();
        assertThat(pool.snapshot().endpoints()).extracting(Endpoint::name).containsExactly("b:8000", "a:8000");
        assertThat(pool.snapshot().endpoints()).extracting(Endpoint::state).containsOnly(EndpointState.READY);
    }

    @ParameterizedTest
    @CsvSource({
        "http://10.0.0.1:8000, http://10.0.0.1:8000",
        "http://10.0.0.1:8000/, http://10.0.0.1:8000",
        "HTTP://GPU-1.Example.com:8000, http://gpu-1.example.com:8000",
        "http://gpu-1, http://gpu-1:80",
        "http://gpu-1/Team-A/m.1/, http://gpu-1:80/Team-A/m.1",
        "https://gpu-1, https://gpu-1:443",
        "http://[::1]:8001, http://[::1]:8001",
        "http://localhost:8001, http://localhost:8001",
        "' http://gpu-1:8000 ', http://gpu-1:8000"
    })
    void writesAUrlInOneWay(String url, String expected) {
        Endpoint endpoint = StaticDiscovery.endpoints(List.of(url)).get(0);
        assertThat(endpoint.uri()).hasToString(expected);
        assertThat(endpoint.id().value()).isEqualTo(expected);
    }

    @Test
    void readsARoleBehindTheUrl() {
        assertThat(StaticDiscovery.endpoints(
                        List.of("http://p:8000 role=prefill", "http://d:8000  role=decode ", "http://b:8000")))
                .extracting(Endpoint::name, Endpoint::role)
                .containsExactly(
                        tuple("p:8000", Role.PREFILL), tuple("d:8000", Role.DECODE), tuple("b:8000", Role.BOTH));
    }

    @Test
    void tellsEnginesOfOneHostApartByTheirPaths() {
        assertThat(StaticDiscovery.endpoints(List.of("http://gpu-1/a", "http://gpu-1/b", "http://gpu-1")))
                .extracting(Endpoint::name)
                .containsExactly("gpu-1:80/a", "gpu-1:80/b", "gpu-1:80");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "ftp://gpu-1:21             | endpoints[0]: ftp://gpu-1:21 (expected: http://host:port or https://host:port)",
                "gpu-1:8000                 | endpoints[0]: gpu-1:8000 (expected: http://host:port or https://host:port)",
                "http://                    | endpoints[0]: http:// (expected: a URL such as http://10.0.0.1:8000)",
                "http:gpu-1                 | endpoints[0]: http:gpu-1 (expected: a host: an IP address or a DNS name)",
                "http://gpu-1/v1            | endpoints[0]: http://gpu-1/v1 (expected: no /v1, which is part of the requests' paths)",
                "http://gpu-1/a/v1/         | endpoints[0]: http://gpu-1/a/v1/ (expected: no /v1, which is part of the requests' paths)",
                "http://gpu-1/a/../b        | endpoints[0]: http://gpu-1/a/../b (expected: scheme, host and port, and maybe a plain path)",
                "http://gpu-1//a            | endpoints[0]: http://gpu-1//a (expected: scheme, host and port, and maybe a plain path)",
                "http://gpu-1/%61           | endpoints[0]: http://gpu-1/%61 (expected: scheme, host and port, and maybe a plain path)",
                "http://gpu-1?key=secret    | endpoints[0]: (not shown) (expected: scheme, host and port, and maybe a plain path)",
                "http://gpu-1#x             | endpoints[0]: (not shown) (expected: scheme, host and port, and maybe a plain path)",
                "http://me:secret@gpu-1     | endpoints[0]: (not shown) (expected: no user or password)",
                "http://gpu-1:99999         | endpoints[0]: http://gpu-1:99999 (expected: a port from 1 to 65535)",
                "http://gpu-1 role=encode   | endpoints[0]: role=encode (expected: role=both, role=prefill or role=decode)",
                "http://gpu-1 prefill       | endpoints[0]: prefill (expected: role=both, role=prefill or role=decode)",
                "http://gpu-1:0             | endpoints[0]: http://gpu-1:0 (expected: a port from 1 to 65535)",
                "http://169.254.169.254     | endpoints[0]: http://169.254.169.254 (expected: the address of a vLLM server,"
                        + " this is a link-local address)",
            })
    void refusesWhatIsNoEndpoint(String url, String message) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> StaticDiscovery.endpoints(List.of(url)))
                .withMessage(message);
    }

    @Test
    void refusesTheSameEndpointTwice() {
        EndpointPool pool = new EndpointPool("default");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new StaticDiscovery(pool, List.of("http://a", "http://b", "http://A:80/")).start())
                .withMessage("endpoints[2]: http://a:80 (expected: another one than endpoints[0])");
        assertThat(pool.snapshot().endpoints()).isEmpty();
    }

    @Property
    void readsOrRefusesAnyText(@ForAll String text) {
        try {
            StaticDiscovery.endpoints(List.of("http://" + text));
        } catch (IllegalArgumentException e) {
            assertThat(e).hasMessageStartingWith("endpoints[0]: ");
        }
    }
}
