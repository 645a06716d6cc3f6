package dev.warmlane.ops.actuator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.core.affinity.AffinityKey;
import dev.warmlane.core.affinity.AffinityKey.KeySource;
import dev.warmlane.core.affinity.AffinityTable;
import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.engines.models.ModelNames;
import dev.warmlane.engines.models.ServedModels;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.ops.actuator.AffinityEndpoint.Binding;
import dev.warmlane.proxy.error.ApiException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class AffinityEndpointTest {
    private static final Endpoint A = Endpoint.ofUri(URI.create("http://a:8000"));
    private static final Endpoint B = Endpoint.ofUri(URI.create("http://b:8000"));

    private final AffinityTable table = new AffinityTable(10, Duration.ofHours(2), () -> 0);
    private final Pools pools = new Pools(
            List.of(new PoolBuilder("one", A).models("base", "m").build(), new PoolBuilder("two", B).build()));
    private final AffinityEndpoint endpoint = new AffinityEndpoint(
            table,
            pools,
            new ServedModels(pools, id -> EndpointReport.NONE, () -> ModelNames.NONE, () -> {}, () -> 0),
            null);

    @Test
    void sumsUpTheTableWithEveryEndpointThatIsListed() {
        table.bind(AffinityKey.of("one", KeySource.SESSION, "s"), A.id());
        table.bind(AffinityKey.of("one", KeySource.CLIENT_IP, "203.0.113.7"), A.id());
        assertThat(endpoint.summary())
                .isEqualTo(
                        new AffinityEndpoint.Summary(2, 10, Duration.ofHours(2), Map.of("a:8000", 2L, "b:8000", 0L)));
    }

    @Test
    void countsBindingsToAnEndpointThatIsNotListedUnderItsId() {
        table.bind(AffinityKey.of("one", KeySource.SESSION, "s"), new EndpointId("uid-gone"));
        assertThat(endpoint.summary().byEndpoint()).containsEntry("uid-gone", 1L);
    }

    @Test
    void findsAKeyInEveryPoolThatHasIt() {
        table.bind(AffinityKey.of("one", KeySource.SESSION, "s"), A.id());
        table.bind(AffinityKey.of("two", KeySource.SESSION, "s"), B.id());
        assertThat(endpoint.lookup("session", "s", null))
                .isEqualTo(new AffinityEndpoint.Lookup(List.of(
                        new Binding("one", null, "a:8000", "http://a:8000", Duration.ZERO, Duration.ZERO, 0),
                        new Binding("two", null, "b:8000", "http://b:8000", Duration.ZERO, Duration.ZERO, 0))));
    }

    @Test
    void findsAndReleasesAKeyOfEveryModelOfAPool() {
        AffinityKey key = AffinityKey.of(AffinityKey.scope("one", "m"), KeySource.SESSION, "s");
        table.bind(key, A.id());
        assertThat(endpoint.lookup("session", "s", null))
                .isEqualTo(new AffinityEndpoint.Lookup(
                        List.of(new Binding("one", "m", "a:8000", "http://a:8000", Duration.ZERO, Duration.ZERO, 0))));
        endpoint.release("session", "s", null);
        assertThat(table.describe(key)).isNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "session|other|key: not bound (expected: a bound session)",
                "client-ip|s|key: not bound (expected: a bound client-ip)",
                "prompt-prefix|s|source: prompt-prefix (expected: one of session, body-session, client-ip)",
                "none|s|source: none (expected: one of session, body-session, client-ip)",
                "cookie|s|source: cookie (expected: one of session, body-session, client-ip)"
            })
    void saysWhyNothingIsFound(String source, String key, String why) {
        table.bind(AffinityKey.of("one", KeySource.SESSION, "s"), A.id());
        assertThatThrownBy(() -> endpoint.lookup(source, key, null)).satisfies(thrown -> is404(thrown, why));
        assertThatThrownBy(() -> endpoint.release(source, key, null)).satisfies(thrown -> is404(thrown, why));
        assertThat(table.size()).isEqualTo(1);
    }

    private static void is404(Throwable thrown, String why) {
        assertThat(((ApiException) thrown).status().value()).isEqualTo(404);
        assertThat(thrown).hasMessage(why);
    }

    @Test
    void aPageMayAskForWhatIsNotBound() {
        assertThat(endpoint.find("session", "s", null).bindings()).isEmpty();
        assertThat(endpoint.releaseIfBound("session", "s", null)).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"::1", "0:0:0:0:0:0:0:1", "[::1]", " ::1"})
    void findsAnAddressInEverySpelling(String spelling) {
        table.bind(AffinityKey.of("one", KeySource.CLIENT_IP, "0:0:0:0:0:0:0:1"), A.id());
        assertThat(endpoint.find("client-ip", spelling, null).bindings()).hasSize(1);
    }

    @Test
    void releasesAKeyInEveryPoolOnce() {
        table.bind(AffinityKey.of("one", KeySource.SESSION, "s"), A.id());
        table.bind(AffinityKey.of("two", KeySource.SESSION, "s"), B.id());
        assertThat(endpoint.releaseIfBound("session", "s", null)).isTrue();
        assertThat(table.size()).isZero();
        assertThat(endpoint.releaseIfBound("session", "s", null)).isFalse();
    }
}
