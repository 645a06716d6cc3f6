package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.RunningGateway;
import dev.warmlane.tools.simulator.SimulatedFleet;
import dev.warmlane.tools.simulator.SimulatedFleet.FleetOptions;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the page's paths answer to those who are no browser of an operator. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DashboardRoutesIT {
    private static final String QUESTION = "{\"source\": \"session\", \"key\": \"nobody\"}";

    private final HttpClient http = HttpClient.newHttpClient();
    private SimulatedFleet fleet;
    private RunningGateway gateway;

    @BeforeAll
    void start() {
        fleet = SimulatedFleet.start(FleetOptions.instant(1));
        gateway = RunningGateway.inFrontOf(fleet, "warmlane.dashboard.read-only=true");
    }

    @AfterAll
    void stop() {
        gateway.close();
        fleet.close();
    }

    private HttpResponse<String> get(URI uri) throws IOException, InterruptedException {
        return http.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }

    private HttpResponse<String> post(String path, String type, String... headers)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(gateway.management(path))
                .header("content-type", type)
                .POST(HttpRequest.BodyPublishers.ofString(QUESTION));
        if (headers.length > 0) {
            request.headers(headers);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "/", "/{files}/app.js", "/{files}/lib/lit-html.js"})
    void servesThePageUnderAStrictPolicy(String path) throws Exception {
        HttpResponse<String> response = get(gateway.management("/dashboard" + path.replace("{files}", version())));

        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Security-Policy"))
                .hasValueSatisfying(policy -> assertThat(policy)
                        .contains("default-src 'none'", "frame-ancestors 'none'")
                        .doesNotContain("unsafe"));
    }

    @Test
    void filesAreKeptForEverByTheirHashAndThePageNever() throws Exception {
        assertThat(get(gateway.management("/dashboard")).headers().firstValue("Cache-Control"))
                .hasValue("no-store");
        assertThat(get(gateway.management("/dashboard/" + version() + "/app.js"))
                        .headers()
                        .firstValue("Cache-Control"))
                .hasValueSatisfying(
                        caching -> assertThat(caching).contains("max-age=31536000", "private", "immutable"));
        assertThat(get(gateway.management("/dashboard/app.js")).statusCode()).isEqualTo(404);
    }

    @Test
    void theRootLeadsToThePage() throws Exception {
        HttpResponse<String> root = get(gateway.management("/"));
        assertThat(root.statusCode()).isEqualTo(307);
        assertThat(root.headers().firstValue("Location")).hasValue("/dashboard");
    }

    private String version() throws IOException, InterruptedException {
        Matcher named = Pattern.compile("/dashboard/([0-9a-f]{12})/app.js")
                .matcher(get(gateway.management("/dashboard")).body());
        assertThat(named.find()).isTrue();
        return named.group(1);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/dashboard/nothing.js",
                "/dashboard/lib/nothing.js",
                "/dashboard/..%2fapplication.yaml",
                "/dashboard/%2e%2e/application.yaml",
                "/dashboard/lib/../../application.yaml"
            })
    void servesNothingElse(String path) throws Exception {
        assertThat(get(gateway.management(path)).statusCode()).isBetween(400, 404);
    }

    @Test
    void isNotOnThePublicPort() throws Exception {
        assertThat(get(gateway.uri("/dashboard")).statusCode()).isEqualTo(404);
    }

    @Test
    void readOnlyChangesNothing() throws Exception {
        assertThat(post("/dashboard/sessions/release", "application/json").statusCode())
                .isEqualTo(403);
        assertThat(post("/dashboard/sessions/find", "application/json").statusCode())
                .isEqualTo(200);
        assertThat(post("/dashboard/endpoint", "application/json").statusCode()).isEqualTo(403);
        assertThat(post("/dashboard/log-levels", "application/json").statusCode())
                .isEqualTo(403);
    }

    @Test
    void otherSitesCannotPost() throws Exception {
        assertThat(post("/dashboard/sessions/find", "text/plain").statusCode()).isEqualTo(415);
        assertThat(post("/dashboard/sessions/find", "application/json", "Sec-Fetch-Site", "cross-site")
                        .statusCode())
                .isEqualTo(403);
    }

    @Test
    void theHistoryNamesWhatItWants() throws Exception {
        assertThat(get(gateway.management("/dashboard/history?pool=default&range=2h"))
                        .statusCode())
                .isEqualTo(400);
        assertThat(get(gateway.management("/dashboard/history")).statusCode()).isEqualTo(400);
        assertThat(get(gateway.management("/dashboard/history?pool=none")).statusCode())
                .isEqualTo(404);
    }
}
