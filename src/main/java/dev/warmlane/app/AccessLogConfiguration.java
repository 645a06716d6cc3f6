package dev.warmlane.app;

import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.OutputStreamAppender;
import dev.warmlane.metrics.RequestMeter;
import dev.warmlane.proxy.outcome.AccessLog;
import dev.warmlane.proxy.outcome.AccessLogFile;
import dev.warmlane.proxy.outcome.AccessRecord;
import dev.warmlane.proxy.outcome.Pseudonyms;
import dev.warmlane.settings.AccessLogSettings;
import dev.warmlane.settings.InvalidSettingException;
import dev.warmlane.settings.WarmlaneSettings;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import org.springframework.boot.context.properties.bind.BindResult;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Condition;
import org.springframework.context.annotation.ConditionContext;
import org.springframework.context.annotation.Conditional;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.type.AnnotatedTypeMetadata;

/** The access log, if one is configured; otherwise none of this exists. */
@Configuration(proxyBeanMethods = false)
@Conditional(AccessLogConfiguration.IsOn.class)
class AccessLogConfiguration {

    @Bean
    AccessLog accessLog(WarmlaneSettings settings) {
        AccessLogSettings accessLog = settings.accessLog();
        Pseudonyms pseudonyms = accessLog.salt().isEmpty() ? Pseudonyms.random() : Pseudonyms.of(accessLog.salt());
        OutputStreamAppender<AccessRecord> target = accessLog.isStandardOutput()
                ? new ConsoleAppender<>()
                : new AccessLogFile(
                        Path.of(accessLog.target()), accessLog.maxSize().toBytes(), accessLog.keptFiles());
        try {
            return new AccessLog(
                    target,
                    pseudonyms,
                    ClusterConfiguration.replicaName(settings.cluster()),
                    accessLog.queue(),
                    // The rest of what closes needs some of the time, too.
                    settings.drain().close().dividedBy(2),
                    InstantSource.system());
        } catch (IOException e) {
            throw new InvalidSettingException(
                    AccessLogSettings.TARGET, accessLog.target(), "off, stdout or a file that can be written");
        }
    }

    @Bean
    MeterBinder accessLogMeters(AccessLog accessLog) {
        return registry -> {
            RequestMeter.ACCESS_LOG_LINES.counter(registry, accessLog, AccessLog::written, "written");
            RequestMeter.ACCESS_LOG_LINES.counter(registry, accessLog, AccessLog::dropped, "dropped");
        };
    }

    static final class IsOn implements Condition {
        @Override
        public boolean matches(ConditionContext context, AnnotatedTypeMetadata metadata) {
            BindResult<String> target =
                    Binder.get(context.getEnvironment()).bind(AccessLogSettings.TARGET, String.class);
            return target.isBound() && AccessLogSettings.isOn(target.get());
        }
    }
}
