package dev.warmlane.ops.actuator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.proxy.error.ApiException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

class VllmEndpointTest {
    private final Engines engines = Engines.three();
    private final VllmEndpoint overview = new VllmEndpoint(engines.pools(), engines, () -> Engines.NOW_NANOS);

    @Test
    void writesTheContractsJson() {
        assertThat(JsonMapper.shared().readTree(JsonMapper.shared().writeValueAsString(overview.status())))
                .isEqualTo(JsonMapper.shared().readTree("""
                        {"pools": [{
                          "pool": "default", "panic": false,
                          "totals": {
                            "endpoints": 3, "selectable": 2,
                            "prefixCache": {"queriedTokens": 4000, "hitTokens": 3000,
                              "hitRatio": {"life": 0.75, "1m": 0.5, "5m": 0.7, "60m": 0.5}},
                            "running": 2, "waiting": 1, "inFlight": 6,
                            "queue": {"depth": 3, "maxEntries": 100, "maxRequestsPerEndpoint": 8, "endedPerSecond": 2.5}},
                          "endpoints": [
                            {"id": "uid-1", "name": "vllm-0", "uri": "http://10.0.0.1:8000", "state": "ready", "loadShare": 1.0, "ejection": null,
                             "prefixCache": {"queriedTokens": 1000, "hitTokens": 250,
                               "hitRatio": {"life": 0.25, "1m": 0.5, "5m": 0.4, "60m": 0.25}},
                             "kvCacheUsage": 0.25, "running": 2, "waiting": 1, "inFlight": 4,
                             "blockSizeTokens": 16, "blocks": 27652, "prefixCaching": true,
                             "promptTokens": 5000, "generationTokens": 700, "version": "0.10.0", "models": ["m"],
                             "scrape": {"ageMillis": 250, "silentMillis": 250, "error": null}},
                            {"id": "uid-2", "name": "vllm-1", "uri": "http://10.0.0.1:8000", "state": "draining", "loadShare": 1.0, "ejection": null,
                             "prefixCache": {"queriedTokens": 3000, "hitTokens": 2750,
                               "hitRatio": {"life": 0.9166666666666666, "1m": null, "5m": 1.0, "60m": 0.75}},
                             "kvCacheUsage": null, "running": null, "waiting": null, "inFlight": 1,
                             "blockSizeTokens": null, "blocks": null, "prefixCaching": null, "promptTokens": null, "generationTokens": null, "version": null, "models": [],
                             "scrape": {"ageMillis": 1000, "silentMillis": 1000, "error": "timeout"}},
                            {"id": "http://10.0.0.9:8000", "name": "10.0.0.9:8000",
                             "uri": "http://10.0.0.9:8000", "state": "ready", "loadShare": 1.0, "ejection": null,
                             "prefixCache": {"queriedTokens": null, "hitTokens": null,
                               "hitRatio": {"life": null, "1m": null, "5m": null, "60m": null}},
                             "kvCacheUsage": null, "running": null, "waiting": null, "inFlight": 1,
                             "blockSizeTokens": null, "blocks": null, "prefixCaching": null, "promptTokens": null, "generationTokens": null, "version": null, "models": [],
                             "scrape": {"ageMillis": null, "silentMillis": null, "error": null}}]}]}
                        """));
    }

    @Test
    void findsAnEndpointByIdByNameAndByAUrlThatLostASlash() {
        assertThat(overview.find("uid-2")).extracting("name").isEqualTo("vllm-1");
        assertThat(overview.find("vllm-1")).extracting("id").isEqualTo("uid-2");
        assertThat(overview.find("10.0.0.9:8000")).isNotNull();
        assertThat(overview.find("http://10.0.0.9:8000")).isNotNull();
        assertThat(overview.find("http:/10.0.0.9:8000")).isNotNull();
        assertThatThrownBy(() -> overview.find("vllm-2"))
                .isInstanceOf(ApiException.class)
                .hasMessage("endpoint: vllm-2 (expected: one that /actuator/vllm lists)");
    }
}
