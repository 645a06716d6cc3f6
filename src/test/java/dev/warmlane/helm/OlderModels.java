package dev.warmlane.helm;

import io.fabric8.kubernetes.internal.KubernetesDeserializer;
import io.fabric8.tekton.pipeline.v1.ParamValue;
import java.util.List;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.type.TypeReference;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.annotation.JsonDeserialize;
import tools.jackson.databind.cfg.MapperConfig;
import tools.jackson.databind.introspect.Annotated;
import tools.jackson.databind.introspect.AnnotatedClass;
import tools.jackson.databind.introspect.JacksonAnnotationIntrospector;

/**
 * Reads models strictly, and those of OpenShift and Tekton, which are annotated for Jackson 2, as if they were for Jackson 3: it
 * would take each of their parts for a resource of its own.
 */
final class OlderModels extends JacksonAnnotationIntrospector {
    private static final long serialVersionUID = 1L;

    @Override
    public Boolean hasAnySetter(MapperConfig<?> config, Annotated annotated) {
        return false;
    }

    @Override
    public Object findDeserializer(MapperConfig<?> config, Annotated annotated) {
        Object found = super.findDeserializer(config, annotated);
        return found == KubernetesDeserializer.class && annotated instanceof AnnotatedClass
                ? ValueDeserializer.None.class
                : found;
    }

    /** For Tekton's parameters, each a text or a list of texts. */
    @JsonDeserialize(using = ParamReader.class)
    interface Param {}

    /** Reads them. */
    static final class ParamReader extends ValueDeserializer<ParamValue> {
        @Override
        public ParamValue deserialize(JsonParser json, DeserializationContext context) {
            return json.hasToken(JsonToken.START_ARRAY)
                    ? new ParamValue(json.readValueAs(new TypeReference<List<String>>() {}))
                    : new ParamValue(json.readValueAs(String.class));
        }
    }
}
