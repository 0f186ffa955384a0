// The notice, and the uses that go with the chosen regime.
const velo = document.querySelector('.velo');
if (velo) {
  velo.querySelector('button').addEventListener('click', () => { velo.hidden = true; });
}
const destino = document.querySelector('select[data-elegido]');
if (destino) {
  const regimen = destino.form.querySelector('option[data-usos]').parentElement;
  const todos = [...destino.options].slice(1);
  const elegido = destino.dataset.elegido;
  const filtrar = (valor) => {
    const usos = (regimen.selectedOptions[0].dataset.usos || '').split(' ');
    destino.replaceChildren(destino.options[0], ...todos.filter((o) => usos.includes(o.value)));
    destino.value = usos.includes(valor) ? valor : '';
  };
  regimen.addEventListener('change', () => filtrar(destino.value));
  filtrar(elegido);
}
