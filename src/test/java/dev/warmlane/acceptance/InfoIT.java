package dev.warmlane.acceptance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.ChatClient;
import dev.warmlane.harness.RunningGateway;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** What an operator is told of the gateway itself. */
class InfoIT {

    @Test
    void tellsVersionCommitPolicyAndSettingsButNoSecret() {
        try (RunningGateway gateway = RunningGateway.start(
                "warmlane.pools[0].name=chat",
                "warmlane.pools[0].endpoints=http://127.0.0.1:1",
                "warmlane.pools[0].api-key=sk-hidden",
                "warmlane.routing.policy=sticky")) {
            JsonNode info = new ChatClient().getJson(gateway.management("/actuator/info"));

            assertThat(info.at("/warmlane/policy").asString()).isEqualTo("sticky");
            assertThat(info.at("/warmlane/settings/affinity/ttl").asString()).isEqualTo("2h");
            assertThat(info.at("/warmlane/settings/pools/0/api-key").asString()).isEqualTo("***");
            assertThat(info.toString()).doesNotContain("sk-hidden");
            // Only a build by Maven knows them.
            assertThat(info.has("build")).isEqualTo(exists("/META-INF/build-info.properties"));
            assertThat(info.at("/git/commit/id").isMissingNode()).isNotEqualTo(exists("/git.properties"));
        }
    }

    private static boolean exists(String resource) {
        return InfoIT.class.getResource(resource) != null;
    }
}
