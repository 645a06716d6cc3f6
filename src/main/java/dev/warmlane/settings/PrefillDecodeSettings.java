package dev.warmlane.settings;

import java.util.List;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How prompts get from prefill to decode endpoints, in a pool that has both.
 *
 * @param connector What carries a prompt's KV blocks. nixl: vLLM's NixlConnector, with a request to either endpoint.
 *     llm-d-sidecar: one request to the decode endpoint, whose sidecar finds the prefill endpoint in x-prefiller-host-port.
 * @param decodeAlone Whether a decode endpoint computes the prompt itself where no prefill endpoint does. Otherwise such requests fail.
 */
public record PrefillDecodeSettings(
        @DefaultValue(NIXL) String connector,
        @DefaultValue("true") boolean decodeAlone) {
    private static final String NIXL = "nixl";
    private static final String SIDECAR = "llm-d-sidecar";

    /** Prompts go with vLLM's NixlConnector, and decode endpoints compute alone where they have to. */
    public static final PrefillDecodeSettings DEFAULT = new PrefillDecodeSettings(NIXL, true);

    /** Whether a sidecar of the decode endpoint asks the prefill endpoint. */
    public boolean sidecar() {
        return connector.equals(SIDECAR);
    }

    void check(String key) {
        if (!List.of(NIXL, SIDECAR).contains(connector)) {
            throw new InvalidSettingException(key + ".connector", connector, NIXL + " or " + SIDECAR);
        }
    }
}
