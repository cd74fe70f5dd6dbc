// Compiles site.scss to config/static/site.css and copies beside it only what the CSS names:
// the whole USWDS package is 37,000 files, the site needs about ten.
import { copyFileSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import * as sass from "sass";

const assets = dirname(fileURLToPath(import.meta.url));
const root = join(assets, "..", "..");
const uswds = join(root, "node_modules", "@uswds", "uswds");
const output = join(root, "config", "static");

// USWDS computes with its primary colours and so writes them as hexadecimals. The office's
// colour is a custom property (see _palettes.scss), so each of them becomes that property.
const OFFICE_COLOURS = [
  [/#005ea2\b/gi, "var(--office)"],
  [/rgba\(0, ?94, ?162, ?0?\.1\)/gi, "var(--office-tint)"],
  [/#1a4480\b/gi, "var(--office-dark)"],
  [/#162e51\b/gi, "var(--office-dark)"],
];

const compiled = sass.compile(join(assets, "site.scss"), {
  style: "compressed",
  loadPaths: [join(uswds, "packages")],
  quietDeps: true,
});

let css = compiled.css.replace(/^\uFEFF/, "");
for (const [pattern, property] of OFFICE_COLOURS) css = css.replace(pattern, property);

rmSync(output, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
writeFileSync(join(output, "site.css"), css);

const named = new Set(
  [...css.matchAll(/url\(["']?((?:fonts|img)\/[^"')]+)["']?\)/g)].map((match) => match[1]),
);
for (const name of named) {
  const own = join(assets, name);
  const target = join(output, name);
  mkdirSync(dirname(target), { recursive: true });
  copyFileSync(existsSync(own) ? own : join(uswds, "dist", name), target);
}
copyFileSync(
  join(root, "node_modules", "htmx.org", "dist", "htmx.min.js"),
  join(output, "htmx.min.js"),
);
for (const name of readdirSync(assets)) {
  if (/\.(js|svg|png|ico)$/.test(name)) copyFileSync(join(assets, name), join(output, name));
}

// For documents on paper, which are made on the server: the whole fonts, which no page needs.
const fonts = join(root, "config", "fonts");
rmSync(fonts, { recursive: true, force: true });
mkdirSync(fonts, { recursive: true });
for (const style of ["Regular", "Italic", "Bold", "BoldItalic"]) {
  const name = `PublicSans-${style}.ttf`;
  copyFileSync(join(uswds, "dist", "fonts", "public-sans", name), join(fonts, name));
}

const size = (gzipSync(css, { level: 9 }).length / 1024).toFixed(1);
console.log(`site.css: ${size} KB gzipped, ${named.size} fonts and images beside it`);
