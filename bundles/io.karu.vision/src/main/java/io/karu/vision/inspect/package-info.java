/**
 * One inspector per task: what is left outside a model's graph, before and after it. Training,
 * evaluation, the station and compression use the same, so they see the same pixels and findings.
 */
package io.karu.vision.inspect;
