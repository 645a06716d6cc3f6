package dev.warmlane.core.prefix;

import dev.warmlane.core.endpoint.Endpoint;
import dev.warmlane.core.endpoint.Endpoint.EndpointState;
import dev.warmlane.core.endpoint.EndpointId;
import dev.warmlane.core.prefix.PredictedContents.PrefixMatch;
import java.net.URI;
import java.util.List;
import java.util.stream.IntStream;

/** What tests ask an index, and nobody else does. */
public final class Matches {
    private Matches() {}

    /** How many leading blocks of the prompt one endpoint holds. */
    public static int matchedBlocks(PredictedContents contents, EndpointId endpoint, PromptBlocks prompt) {
        Endpoint asked = new Endpoint(endpoint, "asked", URI.create("http://asked:8000"), EndpointState.READY);
        return contents.match(prompt, List.of(asked)).matchedBlocks(0);
    }

    /** The most leading blocks that any of the endpoints holds; 0 if there is none. */
    static int longest(PrefixMatch match) {
        return IntStream.range(0, match.size()).map(match::matchedBlocks).max().orElse(0);
    }
}
