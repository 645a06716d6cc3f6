package dev.warmlane.tools.replay.load;

import java.io.IOException;

/** Where the requests of a replay come from. Reading twice gives the same load. */
public interface LoadSource {

    /**
     * All requests.
     *
     * @throws IOException if the source cannot be read
     * @throws IllegalArgumentException naming the place, the value and what was expected, if it makes no sense
     */
    Load read() throws IOException;
}
