package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.engines.discovery.DiscoveredPool.DiscoveredEndpoints;
import dev.warmlane.harness.CapturedLog;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

class DiscoveredPoolTest {
    @RegisterExtension
    final CapturedLog log = new CapturedLog(DiscoveredPool.class);

    private final EndpointPool pool = new EndpointPool("chat");
    private long nanos;
    private final DiscoveredPool discovered = new DiscoveredPool(pool, () -> nanos);

    @Test
    void eachChangeIsALine() {
        list("a");
        list("a", "b");
        list("b");

        assertThat(log.lines())
                .containsExactly(
                        "pool chat: 1 endpoint, 1 ready, 0 draining, 0 unready (1 added, 0 removed)",
                        "pool chat: 2 endpoints, 2 ready, 0 draining, 0 unready (1 added, 0 removed)",
                        "pool chat: 1 endpoint, 1 ready, 0 draining, 0 unready (0 added, 1 removed)");
    }

    @Test
    void ofAPodThatComesAndGoesSomeLinesAreLoggedAndThenSums() {
        for (int i = 0; i < 120; i++) {
            list("a", "b");
            list("a");
        }
        assertThat(log.lines()).hasSize(10);

        passSeconds(10);
        list("a", "b");
        assertThat(log.lines())
                .hasSize(11)
                .last()
                .isEqualTo("pool chat: 2 endpoints, 2 ready, 0 draining, 0 unready"
                        + " (116 added, 115 removed by 231 changes since the last such line)");
        assertThat(pool.snapshot().endpoints()).hasSize(2);
    }

    @Test
    void whatTheLastLineDoesNotSayIsLoggedOnceNothingChanges() {
        for (int i = 0; i < 6; i++) {
            list("a", "b");
            list("a");
        }
        list("a");
        assertThat(log.lines()).hasSize(10);

        passSeconds(10);
        list("a");
        list("a");
        assertThat(log.lines())
                .hasSize(11)
                .last()
                .isEqualTo("pool chat: 1 endpoint, 1 ready, 0 draining, 0 unready"
                        + " (1 added, 1 removed by 2 changes since the last such line)");
    }

    @Test
    void warningsThatComeAndGoAreLoggedNowAndThen() {
        for (int i = 0; i < 100; i++) {
            discovered.apply(new DiscoveredEndpoints(List.of(), List.of("slice vllm-1: no port")));
            discovered.apply(new DiscoveredEndpoints(List.of(), List.of()));
        }
        passSeconds(10);
        discovered.apply(new DiscoveredEndpoints(List.of(), List.of("slice vllm-1: no port")));

        assertThat(log.lines())
                .filteredOn(line -> line.contains("no port"))
                .hasSize(11)
                .last()
                .isEqualTo("pool chat: slice vllm-1: no port (and 90 more since the last such line)");
    }

    private void list(String... names) {
        discovered.apply(new DiscoveredEndpoints(
                Stream.of(names)
                        .map(name -> Endpoint.ofUri(URI.create("http://" + name + ":8000")))
                        .toList(),
                List.of()));
    }

    private void passSeconds(long seconds) {
        nanos += Duration.ofSeconds(seconds).toNanos();
    }
}
