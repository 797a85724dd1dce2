// Points by WebGL2: discs where they are few; a picture of their density, gathered frame by frame, where they are many.

import { toClip } from "./_scatter_camera.js";
import { DISCS } from "./_scatter_look.js";

/** @typedef {import("./_scatter_camera.js").Camera} Camera */
/** @typedef {import("./_scatter_camera.js").Extent} Extent */
/** Points of one kind: which, how large, and how strong they are drawn. @typedef {{buffer: WebGLBuffer, length: number, done: number, target: Target | null}} Layer */
/** @typedef {{texture: WebGLTexture, frame: WebGLFramebuffer}} Target */
/** How a picture is drawn. @typedef {{camera: Camera, extent: Extent, size: number, ratio: number, crowd: number, dim: number, rings: boolean}} Look */

const POINTS = `#version 300 es
in vec2 place; in float shade;
uniform vec2 scale, offset; uniform float size; uniform sampler2D table;
uniform bool rings;
out vec3 ink; flat out float hole;
void main() {
  gl_Position = vec4(place * scale + offset, 0.0, 1.0);
  gl_PointSize = size;
  int kind = int(shade * 255.0 + 0.5);
  ink = texelFetch(table, ivec2(kind, 0), 0).rgb;
  hole = rings && kind >= 8 && kind < 16 ? size * 0.5 - max(1.5, size * 0.22) : -1.0;
}`;
const DISC = `#version 300 es
precision highp float;
in vec3 ink; flat in float hole; uniform float size, strength; out vec4 colour;
void main() {
  float radius = length(gl_PointCoord - 0.5) * size;
  float cover = clamp(size * 0.5 - radius + 0.5, 0.0, 1.0) * strength;
  if (hole > 0.0) cover *= clamp(radius - hole + 0.5, 0.0, 1.0);
  if (cover <= 0.0) discard;
  colour = vec4(ink * cover, cover);
}`;
const CORNERS = `#version 300 es
void main() { gl_Position = vec4(vec2(gl_VertexID & 1, gl_VertexID >> 1) * 4.0 - 1.0, 0.0, 1.0); }`;
const DENSITY = `#version 300 es
precision highp float;
uniform sampler2D sums; uniform float crowd, strength; out vec4 colour;
void main() {
  vec4 sum = texelFetch(sums, ivec2(gl_FragCoord.xy), 0);
  if (sum.a <= 0.0) discard;
  float level = min(1.0, log(1.0 + sum.a) / log(1.0 + max(crowd, 1.0)));
  float alpha = min(1.0, sum.a) * mix(0.4, 1.0, level) * strength;
  colour = vec4(sum.rgb / sum.a * alpha, alpha);
}`;
const [FEW, LEAST] = [400, 5]; // points that stand out are at least so many CSS pixels wide where they are so few
const FIRST = 40000; // points of the first frame after a move, to begin with; then by how long such frames take
const [QUICK, SLOW] = [24, 60]; // ms between frames that make the next one larger or smaller
const GROWTH = 2; // how many times as many points come with each further frame at rest
const MOST = 400000; // points of such a frame at most, where frames take long
const REST = 160; // ms without a move after which the map is at rest

/** A renderer, or null where there is no WebGL2. @param {HTMLCanvasElement} canvas */
export function createGl(canvas) {
  const gl = canvas.getContext("webgl2", { alpha: true, premultipliedAlpha: true, antialias: false, depth: false, powerPreference: "high-performance" });
  if (!gl) return null;
  const summing = Boolean(gl.getExtension("EXT_color_buffer_float") ?? gl.getExtension("EXT_color_buffer_half_float"));
  const discs = programOf(gl, POINTS, DISC);
  const density = programOf(gl, CORNERS, DENSITY);
  const [array, shades] = [gl.createVertexArray(), gl.createBuffer()];
  const empty = gl.createVertexArray();
  const places = gl.createBuffer();
  const table = gl.createTexture();
  const layers = [0, 1].map(() => /** @type {Layer} */ ({ buffer: gl.createBuffer(), length: 0, done: 0, target: null }));
  let [chunk, last, moved] = [FIRST, 0, 0];
  let size = [0, 0];

  gl.bindVertexArray(array);
  for (const [name, buffer, width, type] of /** @type {const} */ ([["place", places, 2, gl.FLOAT], ["shade", shades, 1, gl.UNSIGNED_BYTE]])) {
    const at = gl.getAttribLocation(discs, name);
    gl.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl.enableVertexAttribArray(at);
    gl.vertexAttribPointer(at, width, type, type === gl.UNSIGNED_BYTE, 0, 0);
  }
  gl.bindTexture(gl.TEXTURE_2D, table);
  for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
  gl.enable(gl.BLEND);

  /** Coordinates in the unit square, x and y in turn, in the order of drawing. @param {Float32Array} unit */
  const setPlaces = (unit) => fill(places, unit);
  /** The place of each point in the table of colours, in the order of drawing. @param {Uint8Array} bytes */
  const setShades = (bytes) => fill(shades, bytes);

  /** @param {WebGLBuffer} buffer @param {Float32Array | Uint8Array} data */
  function fill(buffer, data) {
    gl?.bindBuffer(gl.ARRAY_BUFFER, buffer);
    gl?.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
  }

  /** @param {Uint8Array} rgb 256 colours */
  function setTable(rgb) {
    if (!gl) return;
    gl.bindTexture(gl.TEXTURE_2D, table);
    gl.pixelStorei(gl.UNPACK_ALIGNMENT, 1);
    gl.texImage2D(gl.TEXTURE_2D, 0, gl.RGB8, 256, 1, 0, gl.RGB, gl.UNSIGNED_BYTE, rgb);
  }

  /** Which points are drawn, as places in the order of drawing. @param {0 | 1} layer all that are seen, or the selected of them @param {Uint32Array} members */
  function setMembers(layer, members) {
    if (!gl) return;
    gl.bindVertexArray(array);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, layers[layer].buffer);
    gl.bufferData(gl.ELEMENT_ARRAY_BUFFER, members, gl.STATIC_DRAW);
    layers[layer].length = members.length;
  }

  /** Draws from the beginning, or goes on with what is not there yet. @param {Look} look @param {boolean} anew @returns {boolean} whether all points are there */
  function draw(look, anew) {
    if (!gl || gl.isContextLost()) return true;
    const crowded = summing && layers[0].length > DISCS;
    fit(anew && crowded);
    pace(anew);
    gl.viewport(0, 0, canvas.width, canvas.height);
    if (anew) for (const layer of layers) layer.done = 0;
    if (crowded) for (const layer of layers) gather(layer, look, anew);
    gl.bindFramebuffer(gl.FRAMEBUFFER, null);
    gl.clearColor(0, 0, 0, 0);
    gl.clear(gl.COLOR_BUFFER_BIT);
    layers.forEach((layer, i) => {
      const strength = i === 0 && layers[1].length ? look.dim : 1;
      if (crowded) show(layer, look, strength, i === 0 ? 1 : 2);
      else scatter(layer, look, strength * (summing || layers[0].length <= DISCS ? 0.85 : 0.4), layer.length, 0);
      if (!crowded) layer.done = layer.length;
    });
    return layers.every((layer) => layer.done >= layer.length);
  }

  /** Follows how long frames take while the map moves. @param {boolean} anew */
  function pace(anew) {
    const now = performance.now();
    const took = now - last;
    last = anew ? now : 0;
    if (anew) moved = now;
    if (!anew || took > 500 || took < 4) return;
    if (took > SLOW) chunk = Math.max(20000, chunk / 1.5);
    else if (took < QUICK) chunk = Math.min(4e6, chunk * 1.5);
  }

  /** Sums the next points of a layer up. @param {Layer} layer @param {Look} look @param {boolean} anew */
  function gather(layer, look, anew) {
    if (!gl || !layer.target || !layer.length || (!anew && layer.done >= layer.length)) return;
    gl.bindFramebuffer(gl.FRAMEBUFFER, layer.target.frame);
    if (anew) {
      gl.clearColor(0, 0, 0, 0);
      gl.clear(gl.COLOR_BUFFER_BIT);
    }
    const more = last || performance.now() - moved < REST ? 0 : Math.min(MOST, layer.done * (GROWTH - 1));
    const some = Math.min(Math.ceil(Math.max(chunk, more)), layer.length - layer.done);
    gl.blendFunc(gl.ONE, gl.ONE);
    scatter(layer, look, 1, some, layer.done, true);
    layer.done += some;
  }

  /** @param {Layer} layer @param {Look} look @param {number} strength @param {number} some @param {number} from @param {boolean} [summed] */
  function scatter(layer, look, strength, some, from, summed = false) {
    if (!gl || !some) return;
    if (!summed) gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    const { scale, offset } = toClip(look.camera, look.extent);
    gl.useProgram(discs);
    gl.bindVertexArray(array);
    gl.bindTexture(gl.TEXTURE_2D, table);
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, layer.buffer);
    gl.uniform2fv(gl.getUniformLocation(discs, "scale"), scale);
    gl.uniform2fv(gl.getUniformLocation(discs, "offset"), offset);
    const large = layer === layers[1] ? Math.max(look.size * 1.25, layer.length <= FEW ? LEAST : 0) : look.size;
    gl.uniform1f(gl.getUniformLocation(discs, "size"), large * look.ratio);
    gl.uniform1f(gl.getUniformLocation(discs, "strength"), strength);
    gl.uniform1i(gl.getUniformLocation(discs, "rings"), Number(look.rings));
    gl.drawElements(gl.POINTS, some, gl.UNSIGNED_INT, from * 4);
  }

  /** Shows what was summed up: strong where there are many. @param {Layer} layer @param {Look} look @param {number} strength @param {number} lift */
  function show(layer, look, strength, lift) {
    if (!gl || !layer.target || !layer.length) return;
    gl.useProgram(density);
    gl.bindVertexArray(empty);
    gl.bindTexture(gl.TEXTURE_2D, layer.target.texture);
    gl.uniform1f(gl.getUniformLocation(density, "crowd"), (look.crowd * (layer.done / layer.length)) / lift);
    gl.uniform1f(gl.getUniformLocation(density, "strength"), strength);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
  }

  /** Sums of the size of the picture. @param {boolean} needed */
  function fit(needed) {
    if (!gl || !needed || (size[0] === canvas.width && size[1] === canvas.height)) return;
    size = [canvas.width, canvas.height];
    for (const layer of layers) {
      forget(layer);
      const [texture, frame] = [gl.createTexture(), gl.createFramebuffer()];
      gl.bindTexture(gl.TEXTURE_2D, texture);
      gl.texStorage2D(gl.TEXTURE_2D, 1, gl.RGBA16F, size[0], size[1]);
      for (const filter of [gl.TEXTURE_MIN_FILTER, gl.TEXTURE_MAG_FILTER]) gl.texParameteri(gl.TEXTURE_2D, filter, gl.NEAREST);
      gl.bindFramebuffer(gl.FRAMEBUFFER, frame);
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0, gl.TEXTURE_2D, texture, 0);
      layer.target = { texture, frame };
    }
  }

  /** @param {Layer} layer */
  function forget(layer) {
    gl?.deleteTexture(layer.target?.texture ?? null);
    gl?.deleteFramebuffer(layer.target?.frame ?? null);
    layer.target = null;
  }

  /** Gives everything back, the context too. */
  function dispose() {
    if (!gl) return;
    for (const layer of layers) {
      forget(layer);
      gl.deleteBuffer(layer.buffer);
    }
    for (const buffer of [places, shades]) gl.deleteBuffer(buffer);
    for (const made of [array, empty]) gl.deleteVertexArray(made);
    for (const made of [discs, density]) gl.deleteProgram(made);
    gl.deleteTexture(table);
    gl.getExtension("WEBGL_lose_context")?.loseContext();
  }
  return { setPlaces, setShades, setTable, setMembers, draw, dispose };
}

/** @param {WebGL2RenderingContext} gl @param {string} vertex @param {string} fragment @returns {WebGLProgram} */
function programOf(gl, vertex, fragment) {
  const program = gl.createProgram();
  for (const [type, source] of /** @type {[number, string][]} */ ([[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]])) {
    const shader = /** @type {WebGLShader} */ (gl.createShader(type));
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(program, shader);
    gl.deleteShader(shader);
  }
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS) && !gl.isContextLost()) throw new Error(`the map's shaders do not link: ${gl.getProgramInfoLog(program)}`);
  return program;
}
