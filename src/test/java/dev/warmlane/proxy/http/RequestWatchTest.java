package dev.warmlane.proxy.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.warmlane.proxy.error.ApiException;
import dev.warmlane.settings.LimitSettings;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A minute without a byte, or with less than 1 KB a second over a minute, and a body is too slow. */
class RequestWatchTest {
    private final EmbeddedChannel channel = new EmbeddedChannel();
    private long now;

    @BeforeEach
    void beginABody() {
        LimitSettings limits = DefaultLimits.withHeaderTimeout(Duration.ofSeconds(10));
        channel.freezeTime();
        channel.pipeline().addLast(new RequestWatch(limits, () -> now));
        channel.writeInbound(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.POST, "/v1/completions"));
    }

    @Test
    void aBodyThatKeepsComingMayTakeTenMinutes() {
        for (int second = 0; second < 600; second++) {
            send(2000);
            pass(1);
        }
        channel.checkException();
    }

    @Test
    void aBodyThatStandsStillIsTooSlowAfterAMinute() {
        pass(59);
        send(200_000);
        pass(59);
        channel.checkException();
        pass(1);
        assertTooSlow();
    }

    @Test
    void aBodyThatDripsIsTooSlow() {
        for (int second = 0; second < 59; second++) {
            send(1000);
            pass(1);
        }
        channel.checkException();
        pass(1);
        assertTooSlow();
    }

    /** Reactor Netty would close behind the first response, and the second request would have none. */
    @Test
    void theLastRequestOfAPipelineGetsItsResponseAndWhatFollowsItIsDropped() {
        HttpRequest last = new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/v1/models");
        HttpUtil.setKeepAlive(last, false);
        LastHttpContent end = LastHttpContent.EMPTY_LAST_CONTENT;
        channel.writeInbound(end, last, end);
        int received = channel.inboundMessages().size();
        channel.writeInbound(new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/dropped"), end);
        assertThat(channel.inboundMessages()).hasSize(received).contains(last);
        assertThat(HttpUtil.isKeepAlive(last)).isTrue();

        HttpResponse first = respond();
        assertThat(HttpUtil.isKeepAlive(first)).isTrue();
        assertThat(channel.isOpen()).isTrue();

        HttpResponse second = respond();
        assertThat(HttpUtil.isKeepAlive(second)).isFalse();
        assertThat(channel.isOpen()).isFalse();
    }

    private HttpResponse respond() {
        HttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
        channel.writeOutbound(response);
        return response;
    }

    private void send(int bytes) {
        channel.writeInbound(new DefaultHttpContent(Unpooled.wrappedBuffer(new byte[bytes])));
    }

    private void pass(int seconds) {
        for (int i = 0; i < seconds; i++) {
            now += TimeUnit.SECONDS.toNanos(1);
            channel.advanceTimeBy(1, TimeUnit.SECONDS);
            channel.runScheduledPendingTasks();
        }
    }

    private void assertTooSlow() {
        assertThatThrownBy(channel::checkException)
                .isInstanceOfSatisfying(
                        ApiException.class,
                        failure -> assertThat(failure.status().value()).isEqualTo(408));
    }
}
