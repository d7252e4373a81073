// Makes the module "virtual:icons" from @material-symbols/svg-400: only the icons that src/ui/icons.json names, each as
// the path of its 960 x 960 drawing.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';

const drawing = /^<svg [^>]*viewBox="0 -960 960 960"[^>]*><path d="([^"]+)"\/><\/svg>$/;

export function iconsPlugin(root) {
  return {
    name: 'icons',
    setup(build) {
      build.onResolve({ filter: /^virtual:icons$/ }, () => ({ path: 'icons', namespace: 'icons' }));
      build.onLoad({ filter: /.*/, namespace: 'icons' }, async () => {
        const names = JSON.parse(await readFile(join(root, 'src/ui/icons.json'), 'utf8'));
        const paths = {};
        for (const [name, file] of Object.entries(names)) {
          const svg = await readFile(join(root, 'node_modules/@material-symbols/svg-400/rounded', `${file}.svg`), 'utf8');
          const match = drawing.exec(svg.trim());
          if (!match) throw new Error(`icon ${file}: not a single path`);
          paths[name] = match[1];
        }
        return { contents: `export default ${JSON.stringify(paths)}`, loader: 'js' };
      });
    },
  };
}
