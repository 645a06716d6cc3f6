package dev.warmlane.engines.discovery;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class AllowedAddressesTest {
    private static final InetSocketAddress SERVER = new InetSocketAddress("10.0.0.1", 8000);
    private static final InetSocketAddress METADATA = new InetSocketAddress("169.254.169.254", 80);

    @Test
    void keepsTheAddressesOfServers() {
        List<InetSocketAddress> resolved = List.of(SERVER, new InetSocketAddress("127.0.0.1", 8000));
        assertThat(AllowedAddresses.of(resolved)).isSameAs(resolved);
    }

    @Test
    void dropsThoseThatNoEndpointMayHave() {
        assertThat(AllowedAddresses.of(List.of(METADATA, SERVER))).isEqualTo(List.of(SERVER));
        assertThat(AllowedAddresses.of(List.of(METADATA))).isEmpty();
    }
}
