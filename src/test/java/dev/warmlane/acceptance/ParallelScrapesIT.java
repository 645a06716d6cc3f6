package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** However many ask for the metrics while these change, each gets all of them, and each of them once. */
class ParallelScrapesIT {
    private static final int ENDPOINTS = 100;
    private static final int SCRAPERS = 4;
    private static final int SCRAPES = 25;

    private final ChatClient client = new ChatClient();

    @Test
    void everyScrapeHasEveryEndpointOnceWhileMetersChange() {
        String endpoints = IntStream.rangeClosed(1, ENDPOINTS)
                .mapToObj(port -> "http://127.0.0.1:" + port)
                .collect(Collectors.joining(","));
        ExecutorService scrapers = Executors.newFixedThreadPool(SCRAPERS);
        try (RunningGateway gateway =
                RunningGateway.start("warmlane.endpoints=" + endpoints, "warmlane.scrape.interval=1ms")) {
            await().untilAsserted(() -> assertThat(samples(scrape(gateway), "warmlane_in_flight_prompt_tokens{"))
                    .isEqualTo(ENDPOINTS));
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < SCRAPERS; i++) {
                all.add(CompletableFuture.runAsync(() -> scrapeOften(gateway), (Executor) scrapers));
            }
            all.forEach(Awaited::result);
        } finally {
            scrapers.shutdownNow();
        }
    }

    private void scrapeOften(RunningGateway gateway) {
        for (int i = 0; i < SCRAPES; i++) {
            HttpResponse<String> response = scrape(gateway);
            assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
            assertThat(samples(response, "warmlane_in_flight_requests{")).isEqualTo(ENDPOINTS);
            assertThat(samples(response, "warmlane_in_flight_prompt_tokens{")).isEqualTo(ENDPOINTS);
        }
    }

    private HttpResponse<String> scrape(RunningGateway gateway) {
        return client.get(gateway.management("/actuator/prometheus"));
    }

    private static long samples(HttpResponse<String> response, String prefix) {
        return response.body().lines().filter(line -> line.startsWith(prefix)).count();
    }
}
