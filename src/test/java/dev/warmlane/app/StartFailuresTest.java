package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.app.StartFailures.NoAddress;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.channels.UnresolvedAddressException;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.springframework.core.env.MapPropertySource;
import org.springframework.core.env.StandardEnvironment;
import reactor.netty.ChannelBindException;

class StartFailuresTest {
    private static String problem(int port, Throwable cause) {
        StandardEnvironment environment = new StandardEnvironment();
        environment
                .getPropertySources()
                .addFirst(new MapPropertySource("ports", Map.of("server.port", 8080, "management.server.port", 8081)));
        ChannelBindException refused = ChannelBindException.fail(new InetSocketAddress("10.9.9.9", port), cause);
        return new NoAddress(environment)
                .analyze(new IllegalStateException(refused))
                .getDescription();
    }

    @Test
    void anAddressThatIsNotOfThisHostIsNamed() {
        String expected = "server.address: 10.9.9.9 (expected: an address of this host)";
        assertThat(problem(8080, new BindException("Cannot assign requested address")))
                .isEqualTo(expected);
        assertThat(problem(8080, new UnresolvedAddressException())).isEqualTo(expected);
    }

    @Test
    void aPortThatIsForbiddenIsNamed() {
        assertThat(problem(8080, new BindException("Permission denied"))).startsWith("server.port: 8080 (expected: a");
    }

    @Test
    void anyOtherReasonIsGivenAsItIs() {
        assertThat(problem(8081, new IOException("Too many open files")))
                .isEqualTo("management.server.port: 10.9.9.9:8081: Too many open files");
    }
}
