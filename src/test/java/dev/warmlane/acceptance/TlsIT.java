package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.engines.client.Certificates;
import dev.warmlane.engines.probe.LoadScraper;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
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
import java.util.Map;
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
    @TempDir
    private static Path folder;

    private static Certificates certificates;

    private final ChatClient client = new ChatClient();
    private TlsEngine engine;
    private RunningGateway gateway;

    @BeforeAll
    static void make() {
        certificates = new Certificates(folder);
        certificates.make("engine", "ip:127.0.0.1,dns:pods.test");
        certificates.make("named", "dns:pods.test");
        certificates.make("gateway", "dns:localhost,ip:127.0.0.1");
        certificates.make("stranger", "ip:127.0.0.1,dns:localhost");
    }

    @AfterAll
    static void forget() {
        certificates = null;
    }

    @AfterEach
    void stop() {
        if (gateway != null) {
            gateway.close();
        }
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void requestsScrapesAndChecksAllShowTheCertificateOfTheBundle() {
        start("engine", "gateway", bundle("pods", "gateway", "engine"), "warmlane.upstream.ssl-bundle=pods");
        assertThat(chat().statusCode()).isEqualTo(200);
        await().untilAsserted(() -> assertThat(models()).containsExactly("m"));
        await().untilAsserted(() -> assertThat(engine.checks()).isPositive());
        assertThat(scrapeError()).isNull();
    }

    @Test
    void anEngineThatIsNotTrustedGetsNothing() {
        start("engine", "gateway", bundle("pods", "gateway", "stranger"), "warmlane.upstream.ssl-bundle=pods");
        assertRefused("certificate not trusted");
    }

    @Test
    void withoutABundleOnlyWhomJavaTrustsIsTrusted() {
        start("engine", "gateway", List.of());
        assertRefused("certificate not trusted");
    }

    @Test
    void aTrustedCertificateOfAnotherNameIsNotEnough() {
        start("named", "gateway", bundle("pods", "gateway", "named"), "warmlane.upstream.ssl-bundle=pods");
        assertRefused("certificate not trusted");
    }

    @Test
    void aPoolsCertificatesMayBearOneNameForAllPods() {
        start(
                "named",
                "gateway",
                bundle("pods", "gateway", "named"),
                "warmlane.pools[0].ssl-bundle=pods",
                "warmlane.pools[0].server-name=pods.test");
        assertThat(chat().statusCode()).isEqualTo(200);
    }

    @Test
    void anEngineThatDoesNotTrustTheGatewayRefusesIt() {
        start("engine", "stranger", bundle("pods", "gateway", "engine"), "warmlane.upstream.ssl-bundle=pods");
        HttpResponse<String> response = chat();
        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(engine.requests()).isZero();
    }

    @Test
    void aBundleThatIsReloadedCountsFromTheNextConnectionOn() throws IOException {
        Path trusted = Files.copy(certificates.trust("stranger"), folder.resolve("reloaded.p12"));
        List<String> reloading = new ArrayList<>(bundle("pods", certificates.keys("gateway"), trusted));
        reloading.add("spring.ssl.bundle.jks.pods.reload-on-update=true");
        reloading.add("spring.ssl.bundle.watch.file.quiet-period=100ms");
        start("engine", "gateway", reloading, "warmlane.upstream.ssl-bundle=pods");
        assertThat(chat().statusCode()).isEqualTo(502);

        Files.copy(certificates.trust("engine"), trusted, StandardCopyOption.REPLACE_EXISTING);

        await().until(() -> chat().statusCode() == 200);
    }

    @Test
    void theGatewayItselfServesTls() throws Exception {
        List<String> settings = new ArrayList<>(bundle("server", "gateway", "gateway"));
        settings.addAll(bundle("pods", "gateway", "engine"));
        settings.add("server.ssl.bundle=server");
        start("engine", "gateway", settings, "warmlane.upstream.ssl-bundle=pods");
        URI uri = URI.create("https://127.0.0.1:" + gateway.port() + "/v1/chat/completions");
        HttpRequest request = ChatClient.request(uri, Map.of())
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"messages\":[]}"))
                .build();

        assertThat(clientTrusting("gateway")
                        .send(request, HttpResponse.BodyHandlers.ofString())
                        .statusCode())
                .isEqualTo(200);
        assertThatThrownBy(() -> clientTrusting("stranger").send(request, HttpResponse.BodyHandlers.ofString()))
                .isInstanceOf(SSLException.class);
    }

    @Test
    void clientsAgreeOnHttp2OverTls() throws Exception {
        List<String> settings = new ArrayList<>(bundle("server", "gateway", "gateway"));
        settings.addAll(bundle("pods", "gateway", "engine"));
        settings.add("server.ssl.bundle=server");
        settings.add("server.http2.enabled=true");
        start("engine", "gateway", settings, "warmlane.upstream.ssl-bundle=pods");
        URI uri = URI.create("https://127.0.0.1:" + gateway.port() + "/v1/chat/completions");
        HttpRequest request = HttpRequest.newBuilder(uri)
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"m\",\"messages\":[]}"))
                .build();
        for (HttpClient.Version version : HttpClient.Version.values()) {
            HttpRequest asked = HttpRequest.newBuilder(request, (name, value) -> true)
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
        List<String> settings = new ArrayList<>(bundle("operators", "gateway", "engine"));
        settings.addAll(bundle("pods", "gateway", "engine"));
        settings.add("management.server.ssl.bundle=operators");
        settings.add("management.server.ssl.client-auth=want");
        start("engine", "gateway", settings, "warmlane.upstream.ssl-bundle=pods");

        HttpClient stranger = clientTrusting("gateway");
        HttpClient operator = client("gateway", "engine");
        assertThat(managed(operator, "/actuator/vllm")).isEqualTo(200);
        assertThat(managed(stranger, "/actuator/vllm")).isEqualTo(401);
        assertThat(managed(stranger, "/actuator/health/liveness")).isEqualTo(200);
        assertThat(managed(client("gateway", "stranger"), "/actuator/vllm")).isEqualTo(401);
    }

    @Test
    void aBundleThatDoesNotExistStopsTheStart() {
        assertThatThrownBy(() -> start("engine", "gateway", List.of(), "warmlane.upstream.ssl-bundle=none"))
                .rootCause()
                .hasMessage("warmlane.upstream.ssl-bundle: none (expected: the name of a bundle in spring.ssl.bundle)");
    }

    private void start(String engineKeys, String engineTrusts, List<String> settings, String... more) {
        engine = new TlsEngine(certificates.keys(engineKeys), certificates.trust(engineTrusts));
        List<String> all = new ArrayList<>(settings);
        all.addAll(List.of(more));
        all.add("warmlane.pools[0].name=default");
        all.add("warmlane.pools[0].endpoints=" + engine.uri());
        gateway = RunningGateway.start(all.toArray(new String[0]));
    }

    private void assertRefused(String reason) {
        HttpResponse<String> response = chat();
        assertThat(response.statusCode()).isEqualTo(502);
        assertThat(ChatClient.json(response).at("/error/message").asString()).contains(reason);
        assertThat(engine.requests()).isZero();
        await().untilAsserted(() -> assertThat(scrapeError()).isEqualTo(reason));
        assertThat(engine.checks()).isZero();
    }

    private HttpResponse<String> chat() {
        return client.post(gateway.uri("/v1/chat/completions"), "{\"model\":\"m\",\"messages\":[]}", Map.of());
    }

    private @Nullable String scrapeError() {
        Endpoint only = gateway.router().pool().snapshot().endpoints().get(0);
        return gateway.bean(LoadScraper.class).report(only.id()).error();
    }

    private List<String> models() {
        return client.getJson(gateway.uri("/v1/models"))
                .get("data")
                .valueStream()
                .map(card -> card.get("id").asString())
                .toList();
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

    private static HttpClient clientTrusting(String alias) throws GeneralSecurityException {
        return client(alias, null);
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
