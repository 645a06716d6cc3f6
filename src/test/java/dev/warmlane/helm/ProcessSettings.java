package dev.warmlane.helm;

import dev.warmlane.settings.WarmlaneSettings;
import io.fabric8.kubernetes.api.model.ConfigMap;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.springframework.boot.context.properties.bind.BindHandler;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.bind.PropertySourcesPlaceholdersResolver;
import org.springframework.boot.context.properties.bind.handler.NoUnboundElementsBindHandler;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.core.env.MutablePropertySources;
import org.springframework.core.io.ByteArrayResource;
import org.springframework.core.io.FileSystemResource;

/** Reads a rendered ConfigMap as the process does that starts with it: over the image's own profile, by its own rules. */
final class ProcessSettings {
    private ProcessSettings() {}

    /** @throws org.springframework.boot.context.properties.bind.BindException if the process would not start */
    static WarmlaneSettings of(Rendered rendered) {
        String yaml = rendered.the(ConfigMap.class).getData().get("application-kubernetes.yaml");
        MutablePropertySources sources = new MutablePropertySources();
        YamlPropertySourceLoader loader = new YamlPropertySourceLoader();
        try {
            loader.load("chart", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)))
                    .forEach(sources::addLast);
            loader.load("image", new FileSystemResource("config/application-kubernetes.yaml"))
                    .forEach(sources::addLast);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Binder(ConfigurationPropertySources.from(sources), new PropertySourcesPlaceholdersResolver(sources))
                .bindOrCreate(
                        "warmlane",
                        Bindable.of(WarmlaneSettings.class),
                        new NoUnboundElementsBindHandler(BindHandler.DEFAULT, source -> true));
    }
}
