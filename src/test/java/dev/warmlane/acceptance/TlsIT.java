package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.EndpointPool;
import dev.warmlane.core.health.EndpointHealth.Ejected;
import dev.warmlane.engines.client.Certificates;
import dev.warmlane.engines.pool.Pools;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import dev.warmlane.harness.SharedGateways;
import dev.warmlane.harness.TlsEngine;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.GeneralSecurityException;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** TLS on both sides of the gateway, with certificates made here. */
class TlsIT {
    /** The pools of a gateway that has a bundle for each; one has none. */
    private static final String UNSET = "unset";

    private static final String BY_NAME = "by-name";
    private static final String BY_ADDRESS = "by-address";
    private static final String RELOADING = "reloading";

    @TempDir
    private static Path folder;

    private static final SharedGateways GATEWAYS = new SharedGateways(RunningGateway::start);
    private static Certificates certificates;

    private TlsEngine engine;
    private RunningGateway gateway;
    private String pool;

    @BeforeAll
    static void make() throws IOException {
        certificates = new Certificates(folder);
        certificates.make("engine", "ip:127.0.0.1,dns:pods.test");
        certificates.make("named", "dns:pods.test");
        certificates.make("gateway", "dns:localhost,ip:127.0.0.1");
        certificates.make("stranger", "ip:127.0.0.1,dns:localhost");
        Files.copy(certificates.trust("stranger"), reloaded());
    }

    @AfterAll
    static void forget() {
        GATEWAYS.close();
        certificates = null;
    }

    @AfterEach
    void stop() {
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void requestsScrapesAndChecksAllShowTheCertificateOfTheBundle() throws Exception {
        start("engine", "gateway");
        assertThat(chat().statusCode()).isEqualTo(200);
        await().untilAsserted(() -> assertThat(models()).containsExactly("m"));
        await().untilAsserted(() -> assertThat(engine.checks()).isPositive());
        assertThat(scrapeError()).isNull();
    }

    @Test
    void anEngineThatIsNotTrustedGetsNothing() throws Exception {
        start("stranger", "gateway");
        assertRefused("certificate not trusted");
    }

    @Test
    void withoutABundleOnlyWhomJavaTrustsIsTrusted() throws Exception {
        startWithPools(UNSET, "engine");
        assertRefused("certificate not trusted");
    }

    @Test
    void aTrustedCertificateOfAnotherNameIsNotEnough() throws Exception {
        startWithPools(BY_ADDRESS, "named");
        assertRefused("certificate not trusted");
    }

    @Test
    void aPoolsCertificatesMayBearOneNameForAllPods() throws Exception {
        startWithPools(BY_NAME, "named");
        assertThat(chat().statusCode()).isEqualTo(200);
    }

    @Test
    void anEngineThatDoesNotTrustTheGatewayRefusesIt() throws Exception {
        start("engine", "stranger");
        assertThat(chat().statusCode()).isEqualTo(502);
        assertThat(engine.requests()).isZero();
    }

    @Test
    void aBundleThatIsReloadedCountsFromTheNextRequestAndTheNextCheckOn() throws Exception {
        startWithPools(RELOADING, "engine");
        assertThat(chat().statusCode()).isEqualTo(502);

        Files.copy(certificates.trust("engine"), reloaded(), StandardCopyOption.REPLACE_EXISTING);
        await().until(() -> chat().statusCode() == 200);
        await().until(() -> engine.checks() > 0 && !isOut());

        Files.copy(certificates.trust("stranger"), reloaded(), StandardCopyOption.REPLACE_EXISTING);
        await().until(() -> chat().statusCode() == 502);
        await().until(this::isOut);
    }

    @Test
    void theGatewayItselfServesTls() throws Exception {
        start("engine", "gateway");
        assertThat(chat().statusCode()).isEqualTo(200);
        HttpClient distrusting = client("stranger", null);
        assertThatThrownBy(() -> distrusting.send(request(), HttpResponse.BodyHandlers.ofString()))
                .isInstanceOf(SSLException.class);
    }

    @Test
    void clientsAgreeOnHttp2OverTls() throws Exception {
        startWithPools(BY_NAME, "named");
        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpRequest asked = HttpRequest.newBuilder(request(), (name, value) -> true)
                    .version(version)
                    .build();
            HttpResponse<String> response = client("gateway", null, HttpClient.Version.HTTP_2)
                    .send(asked, HttpResponse.BodyHandlers.ofString());
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.version()).isEqualTo(version);
        }
        // It has the same certificate, but speaks HTTP/1.1 alone and offers nothing else.
        assertThat(managed(client("gateway", null, HttpClient.Version.HTTP_2), "/actuator/health/liveness"))
                .isEqualTo(200);
    }

    @Test
    void aTrustedCertificateOpensTheManagementPort() throws Exception {
        start("engine", "gateway");
        HttpClient stranger = client("gateway", null);
        HttpClient operator = client("gateway", "engine");
        assertThat(managed(operator, "/actuator/vllm")).isEqualTo(200);
        assertThat(managed(stranger, "/actuator/vllm")).isEqualTo(401);
        assertThat(managed(stranger, "/actuator/health/liveness")).isEqualTo(200);
        assertThat(managed(client("gateway", "stranger"), "/actuator/vllm")).isEqualTo(401);
    }

    @Test
    void aBundleThatDoesNotExistStopsTheStart() {
        assertThatThrownBy(() -> RunningGateway.start(
                        "warmlane.endpoints=https://127.0.0.1:1", "warmlane.upstream.ssl-bundle=none"))
                .rootCause()
                .hasMessage("warmlane.upstream.ssl-bundle: none (expected: the name of a bundle in spring.ssl.bundle)");
    }

    /** A gateway with a bundle for all engines and one for operators, in front of this one. */
    private void start(String engineKeys, String engineTrusts) {
        List<String> settings = new ArrayList<>(bundle("server", "gateway", "gateway"));
        settings.addAll(bundle("operators", "gateway", "engine"));
        settings.addAll(bundle("pods", "gateway", "engine"));
        settings.add("server.ssl.bundle=server");
        settings.add("management.server.ssl.bundle=operators");
        settings.add("management.server.ssl.client-auth=want");
        settings.add("warmlane.upstream.ssl-bundle=pods");
        settings.add("warmlane.endpoints=https://127.0.0.1:1");
        gateway = GATEWAYS.with(settings.toArray(new String[0]));
        putEngine("default", engineKeys, engineTrusts);
    }

    /** A gateway that speaks HTTP/2 as well, in front of an engine that trusts it, in one of its pools. */
    private void startWithPools(String name, String engineKeys) {
        List<String> settings = new ArrayList<>(bundle("server", "gateway", "gateway"));
        settings.addAll(bundle("named", "gateway", "named"));
        settings.addAll(bundle(RELOADING, certificates.keys("gateway"), reloaded()));
        settings.add("spring.ssl.bundle.jks." + RELOADING + ".reload-on-update=true");
        settings.add("spring.ssl.bundle.watch.file.quiet-period=100ms");
        settings.add("server.ssl.bundle=server");
        settings.add("server.http2.enabled=true");
        List<String> pools = List.of(UNSET, BY_NAME, BY_ADDRESS, RELOADING);
        for (int i = 0; i < pools.size(); i++) {
            String key = "warmlane.pools[" + i + "].";
            settings.add(key + "name=" + pools.get(i));
            settings.add(key + "models=" + pools.get(i));
            settings.add(key + "endpoints=https://127.0.0.1:1");
        }
        settings.add("warmlane.pools[1].ssl-bundle=named");
        settings.add("warmlane.pools[1].server-name=pods.test");
        settings.add("warmlane.pools[2].ssl-bundle=named");
        settings.add("warmlane.pools[3].ssl-bundle=" + RELOADING);
        gateway = GATEWAYS.with(settings.toArray(new String[0]));
        putEngine(name, engineKeys, "gateway");
    }

    private void putEngine(String name, String keys, String trusts) {
        pool = name;
        engine = new TlsEngine(certificates.keys(keys), certificates.trust(trusts));
        endpoints().replace(List.of(Endpoint.ofUri(engine.uri())));
    }

    private EndpointPool endpoints() {
        return gateway.bean(Pools.class).get(pool).endpoints();
    }

    private void assertRefused(String reason) throws Exception {
        HttpResponse<String> response = chat();
        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(ChatClient.json(response).at("/error/message").asString()).contains(reason);
        assertThat(engine.requests()).isZero();
        await().untilAsserted(() -> assertThat(scrapeError()).isEqualTo(reason));
        assertThat(engine.checks()).isZero();
    }

    private HttpResponse<String> chat() throws Exception {
        return client("gateway", null).send(request(), HttpResponse.BodyHandlers.ofString());
    }

    private HttpRequest request() {
        String model = pool.equals("default") ? "m" : pool;
        return HttpRequest.newBuilder(uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"%s\",\"messages\":[]}".formatted(model)))
                .build();
    }

    private URI uri(String path) {
        return URI.create("https://127.0.0.1:" + gateway.port() + path);
    }

    private @Nullable String scrapeError() {
        Endpoint only = endpoints().snapshot().endpoints().get(0);
        return gateway.bean(LoadScraper.class).report(only.id()).error();
    }

    /** Whether its health checks have failed. */
    private boolean isOut() {
        Endpoint only = endpoints().snapshot().endpoints().get(0);
        return gateway.bean(Pools.class).get(pool).health().of(only.id()) instanceof Ejected;
    }

    private List<String> models() throws Exception {
        HttpRequest asked = HttpRequest.newBuilder(uri("/v1/models")).build();
        return ChatClient.json(client("gateway", null).send(asked, HttpResponse.BodyHandlers.ofString()))
                .get("data")
                .valueStream()
                .map(card -> card.get("id").asString())
                .toList();
    }

    private static Path reloaded() {
        return folder.resolve("reloaded.p12");
    }

    private static List<String> bundle(String name, String keys, String trust) {
        return bundle(name, certificates.keys(keys), certificates.trust(trust));
    }

    private static List<String> bundle(String name, Path keys, Path trust) {
        String prefix = "spring.ssl.bundle.jks." + name;
        return List.of(
                prefix + ".keystore.location=file:" + keys,
                prefix + ".keystore.password=" + Certificates.PASSWORD,
                prefix + ".keystore.type=PKCS12",
                prefix + ".truststore.location=file:" + trust,
                prefix + ".truststore.password=" + Certificates.PASSWORD,
                prefix + ".truststore.type=PKCS12");
    }

    private int managed(HttpClient http, String path) throws Exception {
        URI uri = URI.create("https://127.0.0.1:" + gateway.management("/").getPort() + path);
        return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.discarding())
                .statusCode();
    }

    private static HttpClient client(String alias, @Nullable String own) throws GeneralSecurityException {
        return client(alias, own, HttpClient.Version.HTTP_1_1);
    }

    private static HttpClient client(String alias, @Nullable String own, HttpClient.Version version)
            throws GeneralSecurityException {
        KeyManagerFactory keys = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
        if (own != null) {
            keys.init(Certificates.load(certificates.keys(own)), Certificates.PASSWORD.toCharArray());
        }
        TrustManagerFactory trusted = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trusted.init(Certificates.load(certificates.trust(alias)));
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(own == null ? null : keys.getKeyManagers(), trusted.getTrustManagers(), null);
        return HttpClient.newBuilder().version(version).sslContext(context).build();
    }
}
