{{/* Everything that the process reads below "warmlane", as YAML: config, and the pool that discovery describes. */}}
{{- define "warmlane.settings" -}}
{{- $config := default dict .Values.config | deepCopy -}}
{{- $d := .Values.discovery -}}
{{- $named := list -}}
{{- range $key := list "service" "selector" "inferencePool" "urls" -}}
{{- if index $d $key -}}{{- $named = append $named $key -}}{{- end -}}
{{- end -}}
{{- if or $config.pools $config.endpoints -}}
  {{- if or $named $d.namespace $d.port -}}
  {{- fail "discovery: set (expected: nothing, because config.pools or config.endpoints says where the servers are)" -}}
  {{- end -}}
  {{- /* The pool that endpoints is short for, in full: a list of pools takes the place of the image's, an empty one cannot. */ -}}
  {{- if $config.endpoints -}}
  {{- $_ := set $config "pools" (prepend (default list $config.pools) (dict "name" "default" "endpoints" $config.endpoints)) -}}
  {{- $_ := unset $config "endpoints" -}}
  {{- end -}}
{{- else if gt (len $named) 1 -}}
  {{- fail (printf "discovery: %s (expected: one of service, selector, inferencePool, urls)" (join ", " $named)) -}}
{{- else if $d.urls -}}
  {{- if or $d.namespace $d.port -}}
  {{- fail "discovery: namespace or port beside urls (expected: they are part of the URLs)" -}}
  {{- end -}}
  {{- $_ := set $config "pools" (list (dict "name" "default" "endpoints" $d.urls)) -}}
{{- else -}}
  {{- $source := dict -}}
  {{- if $d.selector -}}{{- $_ := set $source "selector" $d.selector -}}
  {{- else if $d.inferencePool -}}
    {{- if $d.port -}}
    {{- fail (printf "discovery.port: %v (expected: nothing, because an InferencePool names its targetPorts)" $d.port) -}}
    {{- end -}}
    {{- $_ := set $source "inference-pool" $d.inferencePool -}}
  {{- else if and .Values.vllm.enabled .Values.vllm.roles.enabled (not $d.service) -}}
    {{- $_ := set $source "selector" (include "warmlane.enginesSelector" .) -}}
  {{- else -}}{{- $_ := set $source "service" (default (ternary (include "warmlane.enginesName" .) "vllm" .Values.vllm.enabled) $d.service) -}}
  {{- end -}}
  {{- with $d.namespace -}}{{- $_ := set $source "namespace" . -}}{{- end -}}
  {{- with $d.port -}}{{- $_ := set $source "port" (toString .) -}}{{- end -}}
  {{- $_ := set $config "pools" (list (dict "name" "default" "kubernetes" $source)) -}}
{{- end -}}
{{- if .Values.modelNames -}}
  {{- $names := default dict (index $config "model-names") -}}
  {{- if hasKey $names "file" -}}
  {{- fail "config.model-names.file: set (expected: nothing, because modelNames is)" -}}
  {{- end -}}
  {{- /* A file of its own, mounted as a directory: it changes under the running process. */ -}}
  {{- $_ := set $config "model-names" (merge (dict "file" "/etc/warmlane-model-names/names.yaml") $names) -}}
{{- end -}}
{{- if include "warmlane.clustered" . -}}
  {{- $cluster := default dict $config.cluster -}}
  {{- range $key := list "members" "service" "port" "name" "secret" "secret-file" "ssl-bundle" -}}
    {{- if hasKey $cluster $key -}}
    {{- fail (printf "config.cluster.%s: set (expected: nothing, because the chart sets it unless cluster.enabled is false)" $key) -}}
    {{- end -}}
  {{- end -}}
  {{- $own := dict "name" (printf "%s/%s" .Release.Namespace (include "warmlane.fullname" .)) "service" (include "warmlane.clusterName" .) -}}
  {{- $_ := set $own "port" (int .Values.cluster.port) -}}
  {{- $_ := set $own "bind-address" "${POD_IP}" -}}
  {{- $_ := set $own (ternary "ssl-bundle" "secret-file" (ne .Values.cluster.sslBundle "")) (default "/etc/warmlane-cluster/secret" .Values.cluster.sslBundle) -}}
  {{- $_ := set $config "cluster" (merge dict $cluster $own) -}}
{{- end -}}
{{- toYaml $config -}}
{{- end -}}

{{/* "true" if the replicas form a cluster, else nothing. */}}
{{- define "warmlane.clustered" -}}
{{- $several := or .Values.autoscaling.enabled .Values.keda.enabled (gt (int .Values.replicas) 1) -}}
{{- if eq "true" (ternary $several .Values.cluster.enabled (eq (toString .Values.cluster.enabled) "auto") | toString) -}}
{{- $given := list -}}
{{- range $key := list "secret" "existingSecret" "sslBundle" -}}
{{- if index $.Values.cluster $key -}}{{- $given = append $given $key -}}{{- end -}}
{{- end -}}
{{- if gt (len $given) 1 -}}
{{- fail (printf "cluster: %s (expected: at most one of secret, existingSecret, sslBundle)" (join ", " $given)) -}}
{{- end -}}
{{- if has (int .Values.cluster.port) (list 8080 8081) -}}
{{- fail (printf "cluster.port: %v (expected: another port than 8080 and 8081, which the gateway has)" .Values.cluster.port) -}}
{{- end -}}
true
{{- end -}}
{{- end -}}

{{/* Of the headless Service by which replicas find each other, and of the Secret that the chart makes for them. */}}
{{- define "warmlane.clusterName" -}}
{{- printf "%s-cluster" (include "warmlane.fullname" .) -}}
{{- end -}}

{{/* What discovery reads, as YAML: by namespace, whether EndpointSlices and whether InferencePools. */}}
{{- define "warmlane.watched" -}}
{{- $watched := dict -}}
{{- range (include "warmlane.settings" . | fromYaml).pools -}}
  {{- with .kubernetes -}}
    {{- $namespace := default $.Release.Namespace .namespace -}}
    {{- $reads := default dict (index $watched $namespace) -}}
    {{- $reads = merge (dict (ternary "inferencePools" "endpointSlices" (hasKey . "inference-pool")) true) $reads -}}
    {{- $_ := set $watched $namespace $reads -}}
  {{- end -}}
{{- end -}}
{{- toYaml $watched -}}
{{- end -}}

{{/* A duration such as 10m or 1h, in whole seconds, rounded up. Takes a list: the setting's name and its value. */}}
{{- define "warmlane.seconds" -}}
{{- $text := toString (index . 1) -}}
{{- if not (regexMatch "^[0-9]+(ms|s|m|h|d)?$" $text) -}}
{{- fail (printf "config.%s: %s (expected: a duration such as 10s, 5m or 1h)" (index . 0) $text) -}}
{{- end -}}
{{- $number := regexFind "^[0-9]+" $text | int64 -}}
{{- $unit := default "ms" (regexFind "[a-z]+$" $text) -}}
{{- if eq $unit "ms" -}}{{- div (add $number 999) 1000 -}}
{{- else -}}{{- mul $number (index (dict "s" 1 "m" 60 "h" 3600 "d" 86400) $unit) -}}
{{- end -}}
{{- end -}}

{{/* Time for running streams to finish: what the process takes to drain, and a margin. */}}
{{- define "warmlane.graceSeconds" -}}
{{- $config := default dict .Values.config -}}
{{- $accept := include "warmlane.seconds" (list "drain.accept" (dig "drain" "accept" "10s" $config)) | int64 -}}
{{- $timeout := include "warmlane.seconds" (list "drain.timeout" (dig "drain" "timeout" "10m" $config)) | int64 -}}
{{- $farewell := include "warmlane.seconds" (list "drain.farewell" (dig "drain" "farewell" "5s" $config)) | int64 -}}
{{- $close := include "warmlane.seconds" (list "drain.close" (dig "drain" "close" "10s" $config)) | int64 -}}
{{- add $accept $timeout $farewell $close .Values.terminationMarginSeconds -}}
{{- end -}}
