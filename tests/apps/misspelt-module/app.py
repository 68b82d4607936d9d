import setings

setings.PORT
