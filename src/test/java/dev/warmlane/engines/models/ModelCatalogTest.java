package dev.warmlane.engines.models;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.vllm.ModelCard;
import dev.warmlane.engines.models.ModelCatalog.PoolModels;
import dev.warmlane.engines.pool.PoolBuilder;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.EndpointReport;
import dev.warmlane.engines.probe.PrefixCacheHistory.PrefixCacheWindows;
import java.net.URI;
import java.time.Duration;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class ModelCatalogTest {
    private static final EndpointId A = new EndpointId("a");
    private static final EndpointId B = new EndpointId("b");
    private static final EndpointId SILENT = new EndpointId("silent");

    @Test
    void knowsWhichEndpointsLackAModelThatAnotherLists() {
        Map<EndpointId, List<ModelCard>> cards = new LinkedHashMap<>();
        cards.put(A, List.of(card("m", 1), card("lora", 1)));
        cards.put(B, List.of(card("m", 1)));
        cards.put(SILENT, List.of());
        ModelCatalog catalog = new ModelCatalog(List.of(new PoolModels("p", List.of(), cards)));
        assertThat(catalog.lacking("p", "lora")).containsExactly(B);
        assertThat(catalog.lacking("p", "m")).isEmpty();
        assertThat(catalog.lacking("p", "nobody's")).isEmpty();
        assertThat(catalog.lacking("other", "m")).isEmpty();
    }

    @Test
    void countsARefusalUntilTheListsAreNewer() {
        Endpoint a = Endpoint.ofUri(URI.create("http://a:1"));
        Endpoint b = Endpoint.ofUri(URI.create("http://b:1"));
        EndpointPool pool = new EndpointPool("a");
        pool.replace(List.of(a, b));
        EndpointReport both =
                new EndpointReport(null, PrefixCacheWindows.NONE, List.of(card("lora", 1)), true, null, null, null);
        AtomicInteger asked = new AtomicInteger();
        AtomicLong nanos = new AtomicLong();
        Pools pools = new PoolBuilder(pool).alone();
        String name = pools.all().get(0).name();
        ServedModels served =
                new ServedModels(pools, id -> both, () -> ModelNames.NONE, asked::incrementAndGet, nanos::get);

        served.refused(name, a.id(), "lora");
        assertThat(served.lacking(name, "lora")).containsExactly(a.id());
        assertThat(asked).hasValue(1);
        served.refused(name, b.id(), "lora");
        assertThat(served.lacking(name, "lora")).as("all have refused it").isEmpty();

        nanos.set(Duration.ofSeconds(4).toNanos());
        served.refresh();
        assertThat(served.lacking(name, "lora")).isEmpty();
    }

    @Test
    void looksForAModelElsewhereInItsPoolForAWhileOnceNobodyListsIt() {
        Endpoint a = Endpoint.ofUri(URI.create("http://a:1"));
        Endpoint b = Endpoint.ofUri(URI.create("http://b:1"));
        EndpointPool pool = new EndpointPool("a");
        pool.replace(List.of(a, b));
        Map<EndpointId, EndpointReport> reports = new HashMap<>();
        reports.put(a.id(), listing(card("m", 1), card("lora", 1)));
        reports.put(b.id(), listing(card("m", 1)));
        AtomicInteger asked = new AtomicInteger();
        AtomicLong nanos = new AtomicLong();
        Pools pools = new PoolBuilder(pool).alone();
        String name = pools.all().get(0).name();
        ServedModels served =
                new ServedModels(pools, reports::get, () -> ModelNames.NONE, asked::incrementAndGet, nanos::get);
        assertThat(served.mayHaveMoved(name, "lora")).isFalse();

        reports.put(a.id(), listing(card("m", 1)));
        served.refresh();
        assertThat(served.mayHaveMoved(name, "lora")).isTrue();
        assertThat(served.isServed("lora")).isFalse();
        assertThat(asked).as("all are asked what they have").hasValue(1);
        served.refused(name, a.id(), "lora");
        assertThat(served.lacking(name, "lora")).containsExactly(a.id());

        reports.put(b.id(), listing(card("m", 1), card("lora", 1)));
        served.refresh();
        assertThat(served.mayHaveMoved(name, "lora")).isFalse();
        assertThat(served.isServed("lora")).isTrue();

        reports.put(b.id(), listing(card("m", 1)));
        served.refresh();
        nanos.set(Duration.ofSeconds(4).toNanos());
        served.refresh();
        assertThat(served.mayHaveMoved(name, "lora")).isFalse();
    }

    private static EndpointReport listing(ModelCard... cards) {
        return new EndpointReport(null, PrefixCacheWindows.NONE, List.of(cards), true, null, null, null);
    }

    @Test
    void learnsTheUnionOfWhatTheEndpointsList() {
        ModelCatalog catalog = new ModelCatalog(List.of(learned("a", card("m", 1), card("lora", 1), card("m", 2))));

        assertThat(catalog.models("a")).containsExactly("m", "lora");
        assertThat(catalog.poolsServing("lora")).containsExactly("a");
        assertThat(catalog.poolsServing("other")).isEmpty();
    }

    @Test
    void prefersTheConfiguredModelsOfAPoolToTheLearnedOnes() {
        ModelCatalog catalog = new ModelCatalog(List.of(new PoolModels(
                "a", List.of("b", "m"), Map.of(A, List.of(card("m", 1), card("x", 1))))));

        assertThat(catalog.models("a")).containsExactly("b", "m");
        assertThat(catalog.poolsServing("x")).isEmpty();
        assertThat(json(catalog)).isEqualTo("""
                {"object":"list","data":[\
                {"id":"b","object":"model","created":0,"owned_by":"warmlane"},\
                {"id":"m","created":1}]}""");
    }

    @Test
    void listsAModelOfSeveralPoolsOnceWithTheFirstCardThatAnEndpointGave() {
        ModelCatalog catalog = new ModelCatalog(List.of(
                new PoolModels("a", List.of("m"), Map.of()),
                learned("b", card("m", 2), card("n", 2)),
                learned("c", card("m", 3))));

        assertThat(catalog.poolsServing("m")).containsExactly("a", "b", "c");
        assertThat(catalog.models()).containsExactly("m", "n");
        assertThat(json(catalog))
                .isEqualTo(
                        "{\"object\":\"list\",\"data\":[{\"id\":\"m\",\"created\":2},{\"id\":\"n\",\"created\":2}]}");
    }

    @Test
    void doesNotKnowTheModelsOfAPoolThatHasNotAnswered() {
        ModelCatalog catalog = new ModelCatalog(List.of(learned("a")));

        assertThat(catalog.models("a")).isEmpty();
        assertThat(json(catalog)).isEqualTo("{\"object\":\"list\",\"data\":[]}");
    }

    @Test
    void escapesTheNamesOfModelsThatNobodyListed() {
        ModelCatalog catalog = new ModelCatalog(List.of(new PoolModels("a", List.of("a\"\\\n"), Map.of())));

        assertThat(JsonMapper.shared()
                        .readTree(catalog.toJson())
                        .at("/data/0/id")
                        .stringValue())
                .isEqualTo("a\"\\\n");
    }

    @Test
    void followsTheReportsWhenRefreshed() {
        EndpointPool pool = new EndpointPool("a");
        Endpoint endpoint = Endpoint.ofUri(URI.create("http://10.0.0.1:8000"));
        pool.replace(List.of(endpoint));
        Map<EndpointId, EndpointReport> reports = new HashMap<>();
        ServedModels served = new ServedModels(
                new PoolBuilder(pool).alone(),
                id -> reports.getOrDefault(id, EndpointReport.NONE),
                () -> ModelNames.NONE,
                () -> {},
                () -> 0);
        assertThat(served.catalog().models("a")).isEmpty();
        assertThat(served.isKnown()).isFalse();

        reports.put(
                endpoint.id(),
                new EndpointReport(null, PrefixCacheWindows.NONE, List.of(card("m", 1)), true, null, null, null));
        served.refresh();

        assertThat(served.catalog().models("a")).containsExactly("m");
        assertThat(served.isKnown()).isTrue();
    }

    @Test
    void knowsTheModelsOfAPoolThatHasThemSetWithoutAReport() {
        EndpointPool pool = new EndpointPool("a");
        pool.replace(List.of(Endpoint.ofUri(URI.create("http://10.0.0.1:8000"))));

        assertThat(new ServedModels(
                                new PoolBuilder(pool).models("m").alone(),
                                id -> EndpointReport.NONE,
                                () -> ModelNames.NONE,
                                () -> {},
                                () -> 0)
                        .isKnown())
                .isTrue();
    }

    private static PoolModels learned(String pool, ModelCard... cards) {
        return new PoolModels(pool, List.of(), Map.of(A, List.of(cards)));
    }

    private static ModelCard card(String id, int created) {
        return new ModelCard(id, false, "{\"id\":\"%s\",\"created\":%d}".formatted(id, created));
    }

    private static String json(ModelCatalog catalog) {
        return new String(catalog.toJson(), UTF_8);
    }
}
