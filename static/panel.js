// "/" leads to the search box, unless it is being typed into a field. Nothing needs this.
document.addEventListener('keydown', event => {
    const typing = event.target.closest?.('input, select, textarea');
    if (event.key !== '/' || event.ctrlKey || event.metaKey || event.altKey || typing) return;
    const box = document.getElementById('sought');
    event.preventDefault();
    box.focus();
    box.select();
});
