package dev.warmlane.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.warmlane.harness.Awaited;
import dev.warmlane.harness.Wire;
import dev.warmlane.settings.WarmlaneSettings;
import io.netty.buffer.ByteBuf;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServer;
import org.springframework.core.io.buffer.NettyDataBuffer;

class ManagementConfigurationTest {
    /** As when a client leaves while Actuator's own thread encodes for it. */
    @Test
    void aBufferThatNobodyReleasesIsGarbage() {
        WarmlaneSettings settings =
                new Binder(new MapConfigurationPropertySource()).bindOrCreate("warmlane", WarmlaneSettings.class);
        CompletableFuture<ByteBuf> lost = new CompletableFuture<>();
        NettyReactiveWebServerFactory factory = new NettyReactiveWebServerFactory(0);
        new ManagementConfiguration().managementConnections(settings).customize(factory);
        WebServer server = factory.getWebServer((request, response) -> {
            lost.complete(((NettyDataBuffer) response.bufferFactory().allocateBuffer(256)).getNativeBuffer());
            return response.setComplete();
        });
        server.start();
        try {
            assertThat(Wire.statusOf(server.getPort(), "GET / HTTP/1.1\r\nHost: a\r\n\r\n"))
                    .isEqualTo(200);
        } finally {
            server.stop();
        }
        assertThat(Awaited.result(lost).isDirect()).isFalse();
        assertThat(Awaited.result(lost).alloc().isDirectBufferPooled()).isFalse();
    }
}
